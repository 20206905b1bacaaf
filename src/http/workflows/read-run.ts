import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import type { WorkflowRun } from '../../orchestration/workflow/workflow-run.js'
import type { Call } from '../route.js'
import { parseRunId } from './parse-workflow-run.js'

/** The run that a route's `{instanceId}` names. @throws {AgentError} `not_found` */
export function readRun(call: Call, workflow: WorkflowDefinition): Promise<WorkflowRun> {
  const instanceId = parseRunId(call.params.instanceId ?? '')
  return call.workflowRuns.read({ workflow, instanceId, owner: call.owner })
}
