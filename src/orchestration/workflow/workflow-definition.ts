import type { JsonObject } from '../../core/json.js'
import type { Schema } from '../../core/schema.js'
import type {
  AgentReference,
  FunctionContext,
  NodeContext,
  NodeRetry,
  RequestNotice,
} from './node-context.js'

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
  /** An activity. */
  readonly notify: ((notice: RequestNotice<unknown>, context: FunctionContext) => unknown) | undefined
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

/** Decides whether a message goes along an edge. Runs in the orchestrator: it must be pure. */
export type Condition = (output: unknown, context: NodeContext) => boolean

/** Carries each output of `from` to `to`, if the condition holds. */
export interface PlainEdge {
  readonly kind: 'edge'
  readonly from: string
  readonly to: string
  readonly when?: Condition | undefined
}

/** Carries each output of `from` to the first of several nodes whose condition holds. */
export interface BranchEdge {
  readonly kind: 'branch'
  readonly from: string
  readonly cases: readonly { readonly when: Condition; readonly to: string }[]
  /** Where it goes when no condition holds. */
  readonly otherwise?: string | undefined
}

/** Waits for an output of each of `from`, and carries them to `to` as one list in that order. */
export interface JoinEdge {
  readonly kind: 'join'
  readonly from: readonly string[]
  readonly to: string
}

/** Where what a node gives goes: on to another one, to one of several, or to one that waits for several. */
export type WorkflowEdge = PlainEdge | BranchEdge | JoinEdge

/**
 * A workflow: nodes, and edges along which their outputs travel. It proceeds in steps: all nodes that have messages run
 * at once, then their outputs move on. An output that no edge takes on is an output of the workflow.
 */
export interface WorkflowDefinition<in Input = never, out Output = unknown> {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and function names. */
  readonly name: string
  readonly description?: string | undefined
  /** What it may be started with; anything when absent. */
  readonly input?: Schema | undefined
  /** The nodes that get the workflow's input. */
  readonly start: readonly string[]
  readonly nodes: readonly WorkflowNode[]
  readonly edges: readonly WorkflowEdge[]
  /** The nodes whose outputs are the workflow's; when absent, whatever no edge takes on. */
  readonly outputs?: readonly string[] | undefined
  /** Most steps of one run. */
  readonly maxIterations: number
  /** For the type checker alone; never set. */
  readonly types?: { readonly input: (input: Input) => void; readonly output: Output }
}
