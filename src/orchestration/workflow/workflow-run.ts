import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions'
import { AgentError } from '../../core/errors.js'
import { askTaskHub, findOrchestration } from '../../session/client/ask-task-hub.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import { toWorkflowOrchestrator } from './workflow-names.js'
import { readWorkflowStart, type WorkflowStart } from './workflow-start.js'
import { readWorkflowStatus, type WorkflowStatus } from './workflow-status.js'

/** One run of a workflow, as its orchestration's status has it. */
export interface WorkflowRun {
  readonly workflow: WorkflowDefinition
  readonly instanceId: string
  readonly start: WorkflowStart
  readonly runtimeStatus: `${DurableOrchestrationStatus['runtimeStatus']}`
  /** `undefined` until the first step was begun. */
  readonly status: WorkflowStatus | undefined
  readonly output: unknown
  readonly createdTime: Date
  readonly lastUpdatedTime: Date
}

/** Whether a run does nothing more. */
export function hasEnded({ runtimeStatus }: Pick<WorkflowRun, 'runtimeStatus'>): boolean {
  return ['Completed', 'Failed', 'Terminated', 'Canceled'].includes(runtimeStatus)
}

/** A run of this workflow, whoever it belongs to; `undefined` when there is no such run. */
export async function findWorkflowRun(
  durable: DurableClient,
  workflow: WorkflowDefinition,
  instanceId: string,
): Promise<WorkflowRun | undefined> {
  const found = await askTaskHub(() => findOrchestration(durable, instanceId))
  if (found === undefined) return undefined
  if (found.name.toLowerCase() !== toWorkflowOrchestrator(workflow.name).toLowerCase()) return undefined
  return {
    workflow,
    instanceId,
    start: readWorkflowStart(found.input),
    runtimeStatus: found.runtimeStatus,
    status: readWorkflowStatus(found),
    output: found.output ?? null,
    createdTime: found.createdTime,
    lastUpdatedTime: found.lastUpdatedTime,
  }
}

/** Security: a run of another workflow or of another owner looks like none. */
export function requireWorkflowRun(
  workflow: WorkflowDefinition,
  instanceId: string,
  run: WorkflowRun | undefined,
  caller: string | undefined,
): WorkflowRun {
  if (run !== undefined && (run.start.owner === undefined || run.start.owner === caller)) return run
  throw new AgentError('not_found', `Workflow "${workflow.name}" has no run "${instanceId}".`)
}
