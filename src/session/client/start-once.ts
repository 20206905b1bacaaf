import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions'
import { findOrchestration } from './ask-task-hub.js'

/**
 * Starts an orchestration, unless there is one of its id: a second start would begin one anew that has ended. Gives that one.
 * @throws what the client library throws.
 */
export async function startOnce(
  client: DurableClient,
  name: string,
  instanceId: string,
  input: unknown,
): Promise<DurableOrchestrationStatus | undefined> {
  const known = await findOrchestration(client, instanceId)
  if (known !== undefined) return known
  try {
    await client.startNew(name, { instanceId, input })
  } catch (error) {
    // It may have been started although the answer was lost.
    if ((await findOrchestration(client, instanceId)) === undefined) throw error
  }
  return undefined
}
