import { AgentError } from '../../core/errors.js'
import { findSetting, type Settings } from '../settings/setting-names.js'

/** The parts of a storage account that this host uses. */
export type StorageService = 'blob' | 'queue'

/** A storage account as an app's settings describe it. */
export type StorageConnection =
  | {
      readonly kind: 'connectionString'
      /** Name of the app setting, for messages. */
      readonly setting: string
      readonly connectionString: string
    }
  | {
      readonly kind: 'identity'
      readonly setting: string
      /** Base URL per service; undefined for one that the settings do not name. */
      readonly urls: Readonly<Record<StorageService, string | undefined>>
      /** Client id of a user-assigned managed identity. */
      readonly clientId: string | undefined
    }

/** Where an emulated service listens. */
export interface EmulatorAddress {
  readonly host: string
  readonly port: number
}

/** The account that every storage emulator has (Azurite: well-known storage account). */
const emulatedAccount = 'devstoreaccount1'
const emulatedPorts = { blob: 10_000, queue: 10_001 } as const

/**
 * Resolves a binding's `connection`: the setting of that name, then with `AzureWebJobs` in front, then the members of a section
 * of either name: `__accountName`, or `__blobServiceUri` and `__queueServiceUri`. Absent or empty, it is
 * `AzureWebJobsStorage`.
 * @throws {AgentError} `invalid_configuration`, naming the setting that is missing; never its value.
 */
export function readStorageConnection(settings: Settings, connection: unknown): StorageConnection {
  const name = typeof connection === 'string' && connection !== '' ? connection : 'AzureWebJobsStorage'
  for (const setting of [name, `AzureWebJobs${name}`]) {
    const found = readByName(settings, setting)
    if (found !== undefined) return found
  }
  const message = `Storage account connection string '${name}' does not exist. Make sure that it is a defined App Setting, for example "UseDevelopmentStorage=true" in the "Values" of local.settings.json.`
  throw new AgentError('invalid_configuration', message)
}

function readByName(settings: Settings, setting: string): StorageConnection | undefined {
  const text = findSetting(settings, setting) || findSetting(settings, `ConnectionStrings:${setting}`)
  if (text) return { kind: 'connectionString', setting, connectionString: text }
  const readMember = (member: string) => findSetting(settings, `${setting}__${member}`) || undefined
  const account = readMember('accountName')
  const toUrl = (service: StorageService) =>
    readMember(`${service}ServiceUri`) ?? (account && `https://${account}.${service}.core.windows.net`)
  const urls = { blob: toUrl('blob'), queue: toUrl('queue') }
  if (urls.blob === undefined && urls.queue === undefined) return undefined
  return { kind: 'identity', setting, urls, clientId: readMember('clientId') }
}

/** Where the connection's emulator listens on this machine; undefined when it is a real account, or an emulator elsewhere. */
export function findEmulator(
  connection: StorageConnection,
  service: StorageService,
): EmulatorAddress | undefined {
  if (connection.kind !== 'connectionString') return undefined
  const read = (member: string) =>
    new RegExp(`(?:^|;)\\s*${member}\\s*=\\s*([^;]+)`, 'i').exec(connection.connectionString)?.[1]?.trim()
  if (
    read('UseDevelopmentStorage')?.toLowerCase() === 'true' &&
    read('DevelopmentStorageProxyUri') === undefined
  )
    return { host: '127.0.0.1', port: emulatedPorts[service] }
  const endpoint = read(service === 'blob' ? 'BlobEndpoint' : 'QueueEndpoint') ?? ''
  if (read('AccountName') !== emulatedAccount || !URL.canParse(endpoint)) return undefined
  const { protocol, hostname, port } = new URL(endpoint)
  const isLocal = protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1')
  return isLocal && port !== '' ? { host: hostname, port: Number(port) } : undefined
}
