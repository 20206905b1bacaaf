import * as df from 'durable-functions'
import { createNodeActivity, toActivity } from '../orchestration/workflow/node-activity.js'
import type { WorkflowDefinition, WorkflowNode } from '../orchestration/workflow/workflow-definition.js'
import { toNodeActivity, toWorkflowOrchestrator } from '../orchestration/workflow/workflow-names.js'
import { createWorkflowOrchestrator } from '../orchestration/workflow/workflow-orchestrator.js'
import type { FunctionNames } from './function-names.js'

/** Registers the orchestration of a workflow and the activities of its function nodes. */
export function registerWorkflow(workflow: WorkflowDefinition, names: FunctionNames): void {
  const name = toWorkflowOrchestrator(workflow.name)
  names.take(name, `workflow "${workflow.name}"`)
  df.app.orchestration(name, createWorkflowOrchestrator(workflow))
  for (const node of workflow.nodes) registerNode(workflow, node, names)
}

function registerNode({ name }: WorkflowDefinition, { id, spec }: WorkflowNode, names: FunctionNames): void {
  const execute = toActivity(spec)
  if (execute === undefined) return
  const activity = toNodeActivity(name, id)
  names.take(activity, `node "${id}" of workflow "${name}"`)
  df.app.activity(activity, { handler: createNodeActivity(name, execute) })
}
