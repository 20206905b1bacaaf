import type { AgentErrorCode } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'
import type { Schema, SchemaOutput } from '../../core/schema.js'
import type { WorkflowDefinition } from './workflow-definition.js'

/** What a node's own functions may read besides its input. */
export interface NodeContext {
  /** The workflow's shared state, as the steps before have left it. */
  readonly state: JsonObject
  /** What the workflow was started with. */
  readonly workflowInput: unknown
}

/** What a function node is told about the execution it serves. */
export interface FunctionContext extends NodeContext {
  readonly workflow: string
  readonly node: string
  readonly instanceId: string
  /** The same whenever this execution is repeated, by a retry or after a crash: hand it to whatever the function changes. */
  readonly idempotencyKey: string
  /** 1 for the first try; above it when the node has a retry policy. */
  readonly attempt: number
  /** Changes the shared state when the step ends; of several changes to one name in a step, that of the last node counts. */
  setState(name: string, value: unknown): void
}

/** How often, and after which pauses, a node that failed is executed again. */
export interface NodeRetry {
  /** Most executions, the first included; at least 1. */
  readonly maxAttempts: number
  /** Pause before the second execution; ms. @default 1,000 */
  readonly delayMs?: number
  /** By what each further pause is longer than the one before. @default 2 */
  readonly backoff?: number
  /** Longest pause; ms. @default 3,600,000 */
  readonly maxDelayMs?: number
}

/** Why a node did not give an output. */
export interface NodeError {
  /** The node's id; inside of a nested workflow the path to it, e.g. `review/draft`. */
  readonly node: string
  readonly code: AgentErrorCode
  readonly message: string
}

/** Whatever runs as an agent node: an `Agent`. Only its name gets into the workflow. */
export interface AgentReference {
  readonly name: string
}

/** What a human was asked about, and what they said. */
export interface Answered<Input, Answer> {
  /** The message that led to the request. */
  readonly input: Input
  readonly answer: Answer
}

/** An agent's turn: the entity of the agent does it. */
export interface AgentSpec {
  readonly kind: 'agent'
  readonly agent: AgentReference
  readonly prompt: (input: unknown, context: NodeContext) => string
  readonly responseFormat: Schema | undefined
  readonly enableToolCalls: boolean
  readonly remember: ((output: unknown, input: unknown, context: NodeContext) => JsonObject) | undefined
  readonly retry: NodeRetry | undefined
}

/** A function that may do anything: an activity. */
export interface FunctionSpec {
  readonly kind: 'function'
  readonly execute: (input: unknown, context: FunctionContext) => unknown
  readonly retry: NodeRetry | undefined
}

/** A pure function, evaluated by the orchestrator itself. */
export interface TransformSpec {
  readonly kind: 'transform'
  readonly apply: (input: unknown, context: NodeContext) => unknown
  readonly remember: ((output: unknown, input: unknown, context: NodeContext) => JsonObject) | undefined
}

/** A question to a human. */
export interface RequestSpec {
  readonly kind: 'request'
  readonly response: Schema
  readonly question: (input: unknown, context: NodeContext) => unknown
  readonly timeoutMs: number | undefined
  readonly onTimeout: ((input: unknown, context: NodeContext) => unknown) | undefined
}

/** A whole workflow: a sub-orchestration. */
export interface NestedSpec {
  readonly kind: 'workflow'
  readonly workflow: WorkflowDefinition
  readonly retry: NodeRetry | undefined
}

export type NodeSpec = AgentSpec | FunctionSpec | TransformSpec | RequestSpec | NestedSpec

/** One node of a workflow: it takes messages of one type and gives messages of another. Made by the functions of `nodes.ts`. */
export interface WorkflowNode<in Input = never, out Output = unknown> {
  /** Unique within its workflow. */
  readonly id: string
  readonly spec: NodeSpec
  /** For the type checker alone; never set. */
  readonly types?: { readonly input: (input: Input) => void; readonly output: Output }
}

/** What can stand for a node: a node, or an agent, whose node then has the agent's name. */
export type AnyNode = WorkflowNode | AgentReference

/** The type of the messages that a node takes. */
export type InputOf<Node> = Node extends WorkflowNode<infer Input, unknown> ? Input : string

/** The type of the messages that a node gives. */
export type OutputOf<Node> = Node extends WorkflowNode<never, infer Output> ? Output : string

/** `unknown` where messages of type `Value` fit the node `To`; else a type that nothing fits, whose name says why. */
export type Fits<Value, To> = [Value] extends [InputOf<To>] ? unknown : Misfit<Value, InputOf<To>>

/** Stands in a compiler's message where one node's output does not fit the next one's input. */
export interface Misfit<Output, Input> {
  readonly outputDoesNotFitInput: readonly [Output, Input]
}

/** A schema's output, or what there is without a schema. */
export type AnswerOf<ResponseFormat, Otherwise> = ResponseFormat extends Schema
  ? SchemaOutput<ResponseFormat>
  : Otherwise
