import type { TokenCredential } from '@azure/identity'
import { AgentError } from '../../core/errors.js'
import { findEmulator, type StorageConnection, type StorageService } from './storage-connection.js'

type ByIdentity = Extract<StorageConnection, { readonly kind: 'identity' }>
type ByConnectionString = Extract<StorageConnection, { readonly kind: 'connectionString' }>

/** A managed identity in Azure, the developer's Azure sign-in elsewhere. */
export async function createCredential({ clientId }: ByIdentity): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId })
}

/** The URL of a service. @throws {AgentError} `invalid_configuration` when the settings do not name it. */
export function requireUrl({ setting, urls }: ByIdentity, service: StorageService): string {
  const url = urls[service]
  if (url !== undefined) return url
  const message = `The app settings '${setting}__…' do not name the account's ${service} service: set '${setting}__accountName' or '${setting}__${service}ServiceUri'.`
  throw new AgentError('invalid_configuration', message)
}

/** Calls an SDK's own parser. Security: its errors may repeat parts of the string; ours does not. */
export function fromConnectionString<T>(connection: ByConnectionString, parse: (text: string) => T): T {
  try {
    return parse(connection.connectionString)
  } catch {
    const message = `The app setting '${connection.setting}' is no usable storage connection string.`
    throw new AgentError('invalid_configuration', message)
  }
}

/** How the SDKs try again: an emulator answers at once or not at all. */
export function toPipeline(connection: StorageConnection, service: StorageService) {
  const maxTries = findEmulator(connection, service) === undefined ? 4 : 1
  return { retryOptions: { maxTries, retryDelayInMs: 200, maxRetryDelayInMs: 4_000, tryTimeoutInMs: 30_000 } }
}
