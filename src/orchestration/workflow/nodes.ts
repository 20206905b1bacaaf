import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { type JsonObject, toJsonText } from '../../core/json.js'
import type { Schema, SchemaOutput } from '../../core/schema.js'
import { checkAgent, checkWorkflow } from './check-parts.js'
import type {
  AgentReference,
  Answered,
  FunctionContext,
  NodeContext,
  NodeRetry,
  RequestNotice,
} from './node-context.js'
import type { AnswerOf, AnyNode } from './node-types.js'
import type { NodeSpec, RequestSpec, WorkflowDefinition, WorkflowNode } from './workflow-definition.js'

export interface AgentNodeOptions<Input, ResponseFormat extends Schema | undefined> {
  /** @default the agent's name */
  readonly id?: string | undefined
  /** Makes the message to the agent from the node's input. Runs in the orchestrator: it must be pure. @default the input, which then is a text */
  readonly prompt?: ((input: Input, context: NodeContext) => string) | undefined
  /** The shape of the answer; it then is the node's output instead of the text. */
  readonly responseFormat?: ResponseFormat | undefined
  /** @default true */
  readonly enableToolCalls?: boolean | undefined
  /** What to keep in the shared state. Runs in the orchestrator: it must be pure. @default nothing */
  readonly remember?:
    | ((output: AnswerOf<ResponseFormat, string>, input: Input, context: NodeContext) => JsonObject)
    | undefined
  /** @default none: the agent's own model calls are retried all the same */
  readonly retry?: NodeRetry | undefined
}

const agentNodeOptions: OptionNames<AgentNodeOptions<unknown, undefined>> = {
  id: true,
  prompt: true,
  responseFormat: true,
  enableToolCalls: true,
  remember: true,
  retry: true,
}

/**
 * A node that is an agent. Each node has a session of its own in every run of the workflow, so an agent that is asked
 * again in a loop remembers what was said.
 */
export function agentNode<Input = string, ResponseFormat extends Schema | undefined = undefined>(
  agent: AgentReference,
  options: AgentNodeOptions<Input, ResponseFormat> = {},
): WorkflowNode<Input, AnswerOf<ResponseFormat, string>> {
  checkAgent(agent)
  checkOptions(`agentNode "${agent.name}"`, options, agentNodeOptions)
  const { id = agent.name, prompt = toJsonText, enableToolCalls = true } = options
  return createNode(id, {
    kind: 'agent',
    agent,
    prompt: prompt as (input: unknown, context: NodeContext) => string,
    responseFormat: options.responseFormat,
    enableToolCalls,
    remember: options.remember as AgentRemember | undefined,
    retry: options.retry,
  })
}

type AgentRemember = (output: unknown, input: unknown, context: NodeContext) => JsonObject

export interface FunctionNodeOptions {
  /** @default none */
  readonly retry?: NodeRetry | undefined
}

const functionNodeOptions: OptionNames<FunctionNodeOptions> = { retry: true }

/** A node that is a function, run as an activity: it may do anything, and more than once if a crash hides its result. */
export function functionNode<Input, Output>(
  id: string,
  execute: (input: Input, context: FunctionContext) => Output | Promise<Output>,
  options: FunctionNodeOptions = {},
): WorkflowNode<Input, Output> {
  checkOptions(`functionNode "${id}"`, options, functionNodeOptions)
  return createNode(id, {
    kind: 'function',
    execute: execute as (input: unknown, context: FunctionContext) => unknown,
    retry: options.retry,
  })
}

export interface TransformNodeOptions<Input, Output> {
  /** What to keep in the shared state; must be pure. @default nothing */
  readonly remember?: ((output: Output, input: Input, context: NodeContext) => JsonObject) | undefined
}

const transformNodeOptions: OptionNames<TransformNodeOptions<unknown, unknown>> = { remember: true }

/** A node that is a pure function, evaluated by the orchestrator: it costs nothing, and must neither wait nor look at the clock. */
export function transformNode<Input, Output>(
  id: string,
  apply: (input: Input, context: NodeContext) => Output,
  options: TransformNodeOptions<Input, Output> = {},
): WorkflowNode<Input, Output> {
  checkOptions(`transformNode "${id}"`, options, transformNodeOptions)
  return createNode(id, {
    kind: 'transform',
    apply: apply as (input: unknown, context: NodeContext) => unknown,
    remember: options.remember as AgentRemember | undefined,
  })
}

export interface RequestNodeOptions<Input, Response extends Schema, Question = Input> {
  /** What an answer must look like; others are refused. */
  readonly response: Response
  /** What the human is shown. Runs in the orchestrator: it must be pure. @default the node's input */
  readonly question?: ((input: Input, context: NodeContext) => Question) | undefined
  /** How long to wait for an answer; ms. @default without limit */
  readonly timeoutMs?: number | undefined
  /** What to go on with when the time is over; must be pure. @default the workflow fails with `answer_timeout` */
  readonly onTimeout?: ((input: Input, context: NodeContext) => SchemaOutput<Response>) | undefined
  /** Tells somebody that they are asked. Runs as an activity when the question is put, up to three times until it succeeds. @default nobody is told */
  readonly notify?:
    | ((notice: RequestNotice<Question>, context: FunctionContext) => void | Promise<void>)
    | undefined
}

const requestNodeOptions: OptionNames<RequestNodeOptions<unknown, Schema>> = {
  response: true,
  question: true,
  timeoutMs: true,
  onTimeout: true,
  notify: true,
}

/** A node that asks a human. Waiting costs nothing, and outlives restarts; the answer goes on together with the node's input. */
export function requestNode<Input, Response extends Schema, Question = Input>(
  id: string,
  options: RequestNodeOptions<Input, Response, Question>,
): WorkflowNode<Input, Answered<Input, SchemaOutput<Response>>> {
  checkOptions(`requestNode "${id}"`, options, requestNodeOptions)
  const { question = (input: Input): unknown => input } = options
  return createNode(id, {
    kind: 'request',
    response: options.response,
    question: question as (input: unknown, context: NodeContext) => unknown,
    timeoutMs: options.timeoutMs,
    notify: options.notify as RequestSpec['notify'],
    onTimeout: options.onTimeout as ((input: unknown, context: NodeContext) => unknown) | undefined,
  })
}

export interface WorkflowNodeOptions {
  /** @default the workflow's name */
  readonly id?: string | undefined
  /** Each try is a run of its own. @default none */
  readonly retry?: NodeRetry | undefined
}

const workflowNodeOptions: OptionNames<WorkflowNodeOptions> = { id: true, retry: true }

/** A node that is a workflow: it gets the node's input and gives the workflow's output. */
export function workflowNode<Input, Output>(
  workflow: WorkflowDefinition<Input, Output>,
  options: WorkflowNodeOptions = {},
): WorkflowNode<Input, Output> {
  checkWorkflow(workflow)
  checkOptions(`workflowNode "${workflow.name}"`, options, workflowNodeOptions)
  const { id = workflow.name, retry } = options
  return createNode(id, { kind: 'workflow', workflow, retry })
}

/** The node that something stands for. @throws {AgentError} `invalid_configuration` when it stands for none. */
export function toNode(node: AnyNode): WorkflowNode {
  return typeof node === 'object' && node !== null && 'spec' in node ? node : agentNode(node)
}

/** Gives a node the types of its messages, which its spec no longer has. */
function createNode<Input, Output>(id: string, spec: NodeSpec): WorkflowNode<Input, Output> {
  return { id, spec }
}
