import type { TokenCredential } from '@azure/identity'
import { AgentError } from '../../core/errors.js'
import { findEmulator, type StorageConnection, type StorageService } from './storage-connection.js'

type ByIdentity = Extract<StorageConnection, { readonly kind: 'identity' }>

/** The client class of an SDK. */
interface ServiceSdk<Client> {
  new (url: string, credential: TokenCredential, pipeline: Pipeline): Client
  fromConnectionString(text: string, pipeline: Pipeline): Client
}

type Pipeline = ReturnType<typeof toPipeline>

/** Connects to a service. Nothing is sent yet. @throws {AgentError} `invalid_configuration` for settings that cannot be used. */
export async function openService<Client>(
  sdk: ServiceSdk<Client>,
  connection: StorageConnection,
  service: StorageService,
): Promise<Client> {
  const pipeline = toPipeline(connection, service)
  if (connection.kind === 'identity') {
    return new sdk(requireUrl(connection, service), await createCredential(connection), pipeline)
  }
  try {
    return sdk.fromConnectionString(connection.connectionString, pipeline)
  } catch {
    // Security: what the SDK says may repeat parts of the string.
    const message = `The app setting '${connection.setting}' is no usable storage connection string.`
    throw new AgentError('invalid_configuration', message)
  }
}

/** A managed identity in Azure, the developer's Azure sign-in elsewhere. */
async function createCredential({ clientId }: ByIdentity): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId })
}

function requireUrl({ setting, urls }: ByIdentity, service: StorageService): string {
  const url = urls[service]
  if (url !== undefined) return url
  const message = `The app settings '${setting}__…' do not name the account's ${service} service: set '${setting}__accountName' or '${setting}__${service}ServiceUri'.`
  throw new AgentError('invalid_configuration', message)
}

/** How the SDKs try again: an emulator answers at once or not at all. */
function toPipeline(connection: StorageConnection, service: StorageService) {
  const maxTries = findEmulator(connection, service) === undefined ? 4 : 1
  return { retryOptions: { maxTries, retryDelayInMs: 200, maxRetryDelayInMs: 4_000, tryTimeoutInMs: 30_000 } }
}
