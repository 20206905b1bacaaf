import { hash } from 'node:crypto'
import type { Task } from 'durable-functions'
import { describeGiven } from '../../core/check-options.js'
import { longestSessionId } from '../../core/find-id-problem.js'
import type { NodeContext, NodeRetry, RequestNotice } from './node-context.js'
import { callPure, NodeFailure } from './node-failure.js'
import type {
  AgentSpec,
  FunctionSpec,
  NestedSpec,
  WorkflowDefinition,
  WorkflowNode,
} from './workflow-definition.js'
import type { AgentCall, NestedCall, WorkflowEnvironment } from './workflow-environment.js'
import type { NodeStarted } from './workflow-events.js'
import { ownPrefix } from './workflow-names.js'
import { enterPlace } from './workflow-place.js'
import type { WorkflowProgress } from './workflow-progress.js'
import type { WorkflowState } from './workflow-state.js'

/** One message that a node works on. */
export interface Execution {
  /** Counts the executions of the run. */
  readonly number: number
  /** Counts the messages of its node. */
  readonly ordinal: number
  readonly node: WorkflowNode
  readonly input: unknown
}

/** An execution whose work is done outside of the orchestrator. */
export interface Work extends Execution {
  readonly spec: AgentSpec | FunctionSpec | NestedSpec | NoticeSpec
  /** 1 for the first try. */
  readonly attempt: number
  /** Not begun before; ms since 1970. */
  readonly dueAt: number
  /** The agent's run that it goes on with. @default a new one */
  readonly run?: string | undefined
}

/** What the parts of a step share. */
export interface StepScope {
  readonly definition: WorkflowDefinition
  readonly environment: WorkflowEnvironment
  readonly progress: WorkflowProgress
  /** As it was when the step began. */
  readonly state: WorkflowState
}

/** What a node's own functions may read. */
export function toNodeContext({ state }: StepScope): NodeContext {
  return { state: state.shared, workflowInput: state.workflowInput }
}

/** Tells humans that they were asked: the activity of a request node. */
export interface NoticeSpec {
  readonly kind: 'notice'
  readonly notice: RequestNotice<unknown>
  readonly retry: NodeRetry
}

/** Work that was begun. */
export interface Begun {
  /** Ends with it. */
  readonly task: Task
  /** The run that the work of an agent is. */
  readonly run?: string
}

/** Begins the work and tells of it. */
export function startExecution(scope: StepScope, work: Work): Begun {
  const { spec } = work
  switch (spec.kind) {
    case 'agent':
      return startAgent(scope, work, spec)
    case 'function':
      return { task: startFunction(scope, work) }
    case 'workflow':
      return { task: startNested(scope, work, spec) }
    case 'notice':
      return { task: callFunction(scope, work, spec.notice) }
  }
}

function startAgent(scope: StepScope, work: Work, spec: AgentSpec): Begun {
  const { environment } = scope
  const { id } = work.node
  const run = work.run ?? environment.createId()
  const sessionId = toSessionId(environment.instanceId, id)
  const call: AgentCall = { spec, prompt: toPrompt(scope, work, spec), sessionId, correlationId: run }
  tell(scope, work, { run: { agent: spec.agent.name, sessionId, correlationId: run } })
  return { task: environment.runAgent(call), run }
}

function toPrompt(scope: StepScope, { node, input }: Work, { prompt }: AgentSpec): string {
  const text: unknown = callPure(node.id, 'Its prompt', () => prompt(input, toNodeContext(scope)))
  if (typeof text === 'string' && text !== '') return text
  const message = `Its prompt must give a text that is not empty, not ${describeGiven(text)}.`
  throw new NodeFailure({ node: node.id, code: 'invalid_request', message })
}

function startFunction(scope: StepScope, work: Work): Task {
  tell(scope, work, {})
  return callFunction(scope, work, work.input)
}

function callFunction({ environment, state }: StepScope, work: Work, input: unknown): Task {
  const { number, node, attempt } = work
  const { instanceId } = environment
  return environment.runFunction({
    node: node.id,
    input,
    state: state.shared,
    workflowInput: state.workflowInput,
    instanceId,
    idempotencyKey: `${instanceId}/${number}`,
    attempt,
  })
}

function startNested(scope: StepScope, work: Work, { workflow }: NestedSpec): Task {
  const { environment, progress } = scope
  const { node, ordinal, input } = work
  const call: NestedCall = {
    workflow,
    input,
    instanceId: toNestedInstanceId(environment.instanceId, work),
    place: enterPlace(environment.place, node.id, ordinal),
  }
  progress.enter({ node: node.id, ordinal, instanceId: call.instanceId })
  tell(scope, work, { nested: { instanceId: call.instanceId, ordinal } })
  return environment.runNested(call)
}

/**
 * The instance that runs a nested workflow: another one for each try.
 * Security: it takes the place of what runs under its id. So that is none that callers may choose for a run, nor one of the app's own.
 */
export function toNestedInstanceId(parent: string, { node, ordinal, attempt }: Work): string {
  return `${ownPrefix}${parent}::${node.id}::${ordinal}${attempt === 1 ? '' : `::${attempt}`}`
}

function tell({ progress }: StepScope, work: Work, more: Pick<NodeStarted, 'run' | 'nested'>): void {
  const { node, number, attempt } = work
  progress.record({
    type: 'node.started',
    data: { node: node.id, execution: number, kind: node.spec.kind, attempt, ...more },
  })
}

/** The session that a node's agent has in a run of the workflow. */
function toSessionId(instanceId: string, node: string): string {
  const id = `${instanceId}~${node}`
  return id.length <= longestSessionId ? id : hash('sha256', id)
}
