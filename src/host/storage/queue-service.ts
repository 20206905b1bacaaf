import { createRequire } from 'node:module'
import type { QueueServiceClient } from '@azure/storage-queue'
import { createMissingPeerError } from '../../core/import-peer.js'
import { createCredential, fromConnectionString, requireUrl, toPipeline } from './storage-access.js'
import type { StorageConnection } from './storage-connection.js'

const packageName = '@azure/storage-queue'

/**
 * Makes sure that the package for queues is there, without loading it.
 * @throws {AgentError} `invalid_configuration`, saying what to install.
 */
export function requireQueuePackage(
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): void {
  try {
    resolve(packageName)
  } catch (cause) {
    throw createMissingPeerError('A queue trigger or output', packageName, cause)
  }
}

/** Connects, loading the package. Nothing is sent yet. @throws {AgentError} `invalid_configuration` for settings that cannot be used. */
export async function openQueueService(connection: StorageConnection): Promise<QueueServiceClient> {
  const { QueueServiceClient } = await import('@azure/storage-queue')
  const pipeline = toPipeline(connection, 'queue')
  if (connection.kind === 'identity') {
    return new QueueServiceClient(
      requireUrl(connection, 'queue'),
      await createCredential(connection),
      pipeline,
    )
  }
  return fromConnectionString(connection, (text) => QueueServiceClient.fromConnectionString(text, pipeline))
}
