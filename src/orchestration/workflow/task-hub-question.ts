import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions'
import { AgentError, toErrorMessage } from '../../core/errors.js'

/** Security: what the client library throws quotes the extension's answer, so it is kept as `cause` for the log only. */
export async function askTaskHub<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (cause) {
    const message = 'The task hub cannot be read or written; the log has the details.'
    throw new AgentError('store_unavailable', message, { cause, retryable: true })
  }
}

/** An instance's status with its input, or `undefined` when there is no such instance. */
export async function readInstance(
  durable: DurableClient,
  instanceId: string,
): Promise<DurableOrchestrationStatus | undefined> {
  return await askTaskHub(async () => {
    try {
      return await durable.getStatus(encodeURIComponent(instanceId), { showInput: true })
    } catch (error) {
      // The client library tells a missing instance by this text alone.
      if (/replied with HTTP 404/.test(toErrorMessage(error))) return undefined
      throw error
    }
  })
}
