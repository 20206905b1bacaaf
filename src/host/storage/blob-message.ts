import type { TypedData } from '../functions.js'
import { TriggerMetadata } from '../invocation/trigger-metadata.js'
import type { BlobAddress, BlobDescription, ListedBlob } from './blob-store.js'

/** The properties that apps get to see, by the names of the platform and of the SDK. */
const properties = {
  LastModified: 'lastModified',
  CreatedOn: 'createdOn',
  BlobType: 'blobType',
  ContentLength: 'contentLength',
  ContentType: 'contentType',
  ContentEncoding: 'contentEncoding',
  ContentLanguage: 'contentLanguage',
  ContentDisposition: 'contentDisposition',
  CacheControl: 'cacheControl',
  ETag: 'etag',
  LeaseState: 'leaseState',
  LeaseStatus: 'leaseStatus',
  IsServerEncrypted: 'isServerEncrypted',
  VersionId: 'versionId',
} as const

/** What the function learns about a blob besides its content; parameters of the path win. */
export function toBlobMetadata(
  { container, name }: BlobAddress,
  description: BlobDescription,
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, TypedData>> {
  const shown = Object.entries(properties).map(([key, member]) => [key, description.properties[member]])
  const metadata = new TriggerMetadata()
    .put('BlobTrigger', { string: `${container}/${name}` })
    .put('Uri', { string: description.url })
    .put('Properties', { json: JSON.stringify(Object.fromEntries(shown)) })
    .put('Metadata', { json: JSON.stringify(description.metadata) })
  for (const [key, value] of Object.entries(parameters)) metadata.put(key, { string: value })
  return metadata.toRecord()
}

/** The content of a blob as an output value gives it: text in UTF-8, bytes as they are, anything else as JSON. */
export function toBlobBytes(data: TypedData): Uint8Array {
  if ('bytes' in data) return data.bytes
  return Buffer.from(String(Object.values(data)[0]))
}

/** What an app's SDK library makes a blob client of (`@azure/functions-extensions-blob`: connection details). */
export function toBlobReference(connection: string, { container, name }: BlobAddress): TypedData {
  const details = { Connection: connection, ContainerName: container, BlobName: name }
  return {
    modelBindingData: {
      version: '1.0',
      source: 'AzureStorageBlobs',
      contentType: 'application/json',
      content: Buffer.from(JSON.stringify(details)),
    },
  }
}

/** Name of the queue for blobs that were given up (WebJobs: BlobTriggerExecutor). */
export const poisonQueueName = 'webjobs-blobtrigger-poison'

/** The message about a blob that was given up, for that queue. */
export function toPoisonMessage(functionName: string, container: string, blob: ListedBlob): string {
  return JSON.stringify({
    FunctionId: `Host.Functions.${functionName}`,
    BlobType: blob.blobType,
    ContainerName: container,
    BlobName: blob.name,
    ETag: blob.etag,
  })
}
