import type { TokenCredential } from '@azure/identity'
import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob'
import { AgentError } from '../../core/errors.js'

/** Which storage account, and how to get in. */
export type AzureBlobConnection =
  /** With an account key or a shared access signature; `UseDevelopmentStorage=true` is Azurite on this machine. */
  | {
      readonly connectionString: string
      readonly accountUrl?: undefined
      readonly credential?: undefined
      readonly managedIdentityClientId?: undefined
    }
  | {
      readonly connectionString?: undefined
      /** `https://<account>.blob.core.windows.net` */
      readonly accountUrl: string
      /** @default `DefaultAzureCredential`: a managed identity in Azure, your Azure sign-in elsewhere */
      readonly credential?: TokenCredential | undefined
      /** The client id of a user-assigned managed identity. @default the system-assigned one */
      readonly managedIdentityClientId?: string | undefined
    }

// A run waits for its log, so tries end soon; whoever called decides whether to come again.
const pipeline: StoragePipelineOptions = {
  retryOptions: { maxTries: 4, retryDelayInMs: 100, maxRetryDelayInMs: 2_000, tryTimeoutInMs: 15_000 },
}

/** Connects, loading the SDK. Nothing is sent yet. @throws {AgentError} `invalid_configuration` when the SDK refuses the connection string. */
export async function openContainer(
  connection: AzureBlobConnection,
  container: string,
): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob')
  if (connection.connectionString === undefined) {
    const credential = connection.credential ?? (await createCredential(connection.managedIdentityClientId))
    return new BlobServiceClient(connection.accountUrl, credential, pipeline).getContainerClient(container)
  }
  try {
    const service = BlobServiceClient.fromConnectionString(connection.connectionString, pipeline)
    return service.getContainerClient(container)
  } catch {
    // What the SDK says may repeat parts of the string.
    throw invalidConnectionString()
  }
}

async function createCredential(managedIdentityClientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new DefaultAzureCredential(managedIdentityClientId === undefined ? {} : { managedIdentityClientId })
}

/**
 * The account's host, for messages.
 * @throws {AgentError} `invalid_configuration` when the connection cannot be one; the message repeats nothing of it.
 */
export function parseHost(connection: AzureBlobConnection): string {
  if (connection.connectionString === undefined) return parseAccountUrl(connection.accountUrl)
  const read = (name: string) =>
    new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]+)`, 'i').exec(connection.connectionString)?.[1]?.trim()
  if (read('UseDevelopmentStorage')?.toLowerCase() === 'true') return '127.0.0.1:10000'
  const endpoint = read('BlobEndpoint')
  if (endpoint !== undefined && URL.canParse(endpoint)) return new URL(endpoint).host
  const account = read('AccountName')
  if (account === undefined) throw invalidConnectionString()
  return `${account}.blob.${read('EndpointSuffix') ?? 'core.windows.net'}`
}

function parseAccountUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return url.host
  throw new AgentError(
    'invalid_configuration',
    'The storage account must be an https:// URL such as https://myaccount.blob.core.windows.net.',
  )
}

/**
 * A container's name, if it can be one (Azure Storage REST API, "Naming and Referencing Containers, Blobs, and Metadata").
 * @throws {AgentError} `invalid_configuration` when it cannot.
 */
export function parseContainerName(name: string): string {
  if (/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return name
  throw new AgentError(
    'invalid_configuration',
    `The container cannot be called "${name}": its name must be 3 to 63 lower-case letters, digits and single hyphens.`,
  )
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

function invalidConnectionString(): AgentError {
  return new AgentError(
    'invalid_configuration',
    'The storage connection string cannot be used: it needs DefaultEndpointsProtocol, AccountName and AccountKey, or BlobEndpoint and SharedAccessSignature, or UseDevelopmentStorage=true.',
  )
}

/**
 * The connection that settings describe in the way of Functions: `<name>` is a connection string; `<name>__accountName` or
 * `<name>__blobServiceUri` is an account to which the app's identity has access, with `<name>__clientId` for a
 * user-assigned one. `undefined` when there is none. (Source: Azure Functions developer guide, "Connections".)
 */
export function readConnection(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): AzureBlobConnection | undefined {
  const read = (setting: string) => env[setting]?.trim() || undefined
  const connectionString = read(name)
  if (connectionString !== undefined) return { connectionString }
  const readMember = (member: string) => read(`${name}__${member}`) ?? read(`${name}:${member}`)
  const account = readMember('accountName')
  const accountUrl =
    readMember('blobServiceUri') ??
    (account === undefined ? undefined : `https://${account}.blob.core.windows.net`)
  return accountUrl === undefined
    ? undefined
    : { accountUrl, managedIdentityClientId: readMember('clientId') }
}
