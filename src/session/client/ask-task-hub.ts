import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { toPathSegment } from './to-path-segment.js'

/**
 * Asks the task hub something by a durable client.
 * Security: what the client library throws quotes the extension's answer, so it is kept as `cause` for the log only.
 * @throws {AgentError} `store_unavailable` when it gives no answer.
 */
export async function askTaskHub<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (cause) {
    const message = 'The task hub cannot be read or written; the log has the details.'
    throw new AgentError('store_unavailable', message, { cause, retryable: true })
  }
}

/** The status of an orchestration with its input; `undefined` when there is none of that id. @throws what the client library throws. */
export async function findOrchestration(
  client: DurableClient,
  instanceId: string,
): Promise<DurableOrchestrationStatus | undefined> {
  try {
    return await client.getStatus(toPathSegment(instanceId), { showInput: true })
  } catch (error) {
    // The client library tells a missing instance by this text alone.
    if (toErrorMessage(error).includes('replied with HTTP 404')) return undefined
    throw error
  }
}
