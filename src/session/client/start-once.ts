import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions'
import { AgentError } from '../../core/errors.js'
import { findOrchestration } from './ask-task-hub.js'

/**
 * Starts an orchestration, unless there is one of its id: a second start would begin one anew that has ended. Gives that one.
 * Security: whoever may start a workflow chooses the id of its run, so another orchestration of that id says nothing about this one.
 * @throws {AgentError} `invalid_request` when another orchestration has the id; and what the client library throws.
 */
export async function startOnce(
  client: DurableClient,
  name: string,
  instanceId: string,
  input: unknown,
): Promise<DurableOrchestrationStatus | undefined> {
  const known = await findOrchestration(client, instanceId)
  if (known !== undefined) return requireNamed(known, name)
  try {
    await client.startNew(name, { instanceId, input })
  } catch (error) {
    // It may have been started although the answer was lost.
    const started = await findOrchestration(client, instanceId)
    if (started === undefined) throw error
    requireNamed(started, name)
  }
  return undefined
}

function requireNamed(found: DurableOrchestrationStatus, name: string): DurableOrchestrationStatus {
  if (found.name.toLowerCase() === name.toLowerCase()) return found
  const message = `Instance "${found.instanceId}" is a run of "${found.name}" already, so it cannot be one of "${name}".`
  throw new AgentError('invalid_request', message)
}
