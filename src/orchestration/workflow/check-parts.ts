import { checkList, describeGiven } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import type { AgentReference } from './node-context.js'
import type { WorkflowDefinition } from './workflow-definition.js'

/** Refuses what is no agent: only its name gets into a workflow, so it would be missed when its turn comes. @throws {AgentError} `invalid_configuration` */
export function checkAgent(agent: AgentReference): void {
  const { name }: { readonly name?: unknown } = Object(agent)
  if (typeof agent === 'object' && typeof name === 'string' && !isWorkflow(agent)) return
  const given = isWorkflow(agent) ? `workflow "${agent.name}": use workflowNode()` : describeGiven(agent)
  const message = `A node of a workflow is an agent, or made by functionNode() and the like: it cannot be ${given}.`
  throw new AgentError('invalid_configuration', message)
}

/** Refuses what is no list of agents. @throws {AgentError} `invalid_configuration` */
export function checkAgents(option: string, agents: readonly AgentReference[]): void {
  checkList(option, agents)
  for (const agent of agents) checkAgent(agent)
}

/** Refuses what is no workflow, as a builder that was not built. @throws {AgentError} `invalid_configuration` */
export function checkWorkflow(workflow: WorkflowDefinition): void {
  if (isWorkflow(workflow)) return
  const message = `A workflow is what build() of a WorkflowBuilder, sequential() and others give: it cannot be ${describeGiven(workflow)}.`
  throw new AgentError('invalid_configuration', message)
}

function isWorkflow(value: unknown): value is WorkflowDefinition {
  return Array.isArray(Object(value).nodes)
}
