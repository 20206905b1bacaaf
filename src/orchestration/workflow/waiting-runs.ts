import {
  type DurableClient,
  type DurableOrchestrationStatus,
  OrchestrationRuntimeStatus,
} from 'durable-functions'
import { askTaskHub } from '../../session/client/ask-task-hub.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import { ownPrefix, toWorkflowOrchestrator } from './workflow-names.js'
import { readWorkflowStatus } from './workflow-status.js'

/** A run that may wait for a human. */
export interface WaitingRun {
  readonly workflow: WorkflowDefinition
  readonly instanceId: string
  /** ms since 1970, to the second. */
  readonly createdAt: number
}

/**
 * The runs of these workflows that may wait for a human, whoever they belong to, oldest first. A nested workflow is found by
 * the outermost one. The task hub looks through all of its orchestrations for them.
 */
export async function findWaitingRuns(
  durable: DurableClient,
  workflows: readonly WorkflowDefinition[],
  createdFrom: number,
): Promise<readonly WaitingRun[]> {
  const { Running, Suspended } = OrchestrationRuntimeStatus
  const filter = { createdTimeFrom: new Date(createdFrom), runtimeStatus: [Running, Suspended] }
  const found = await askTaskHub(() => durable.getStatusBy(filter))
  const byName = new Map(workflows.map((one) => [toWorkflowOrchestrator(one.name).toLowerCase(), one]))
  const runs = found.flatMap((status): readonly WaitingRun[] => {
    const { name, instanceId, createdTime } = status
    const workflow = byName.get(name.toLowerCase())
    if (workflow === undefined || instanceId.startsWith(ownPrefix) || !mayWait(status)) return []
    // The client library says that it is a `Date`, and gives a text.
    return [{ workflow, instanceId, createdAt: new Date(createdTime).getTime() }]
  })
  return runs.sort((a, b) => a.createdAt - b.createdAt)
}

function mayWait(found: DurableOrchestrationStatus): boolean {
  const status = readWorkflowStatus(found)
  return status !== undefined && (status.truncated || status.pending.length + status.nested.length > 0)
}
