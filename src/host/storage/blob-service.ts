import type { BlobServiceClient } from '@azure/storage-blob'
import { createCredential, fromConnectionString, requireUrl, toPipeline } from './storage-access.js'
import type { StorageConnection } from './storage-connection.js'

/** Connects, loading the package. Nothing is sent yet. @throws {AgentError} `invalid_configuration` for settings that cannot be used. */
export async function openBlobService(connection: StorageConnection): Promise<BlobServiceClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob')
  const pipeline = toPipeline(connection, 'blob')
  if (connection.kind === 'identity') {
    return new BlobServiceClient(requireUrl(connection, 'blob'), await createCredential(connection), pipeline)
  }
  return fromConnectionString(connection, (text) => BlobServiceClient.fromConnectionString(text, pipeline))
}
