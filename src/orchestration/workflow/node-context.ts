import type { AgentErrorCode } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'

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
  readonly delayMs?: number | undefined
  /** By what each further pause is longer than the one before. @default 2 */
  readonly backoff?: number | undefined
  /** Longest pause; ms. @default 3,600,000 */
  readonly maxDelayMs?: number | undefined
}

/** Why a node did not give an output. */
export interface NodeError {
  /** The node's id; inside of a nested workflow the path to it, e.g. `review/draft`. */
  readonly node: string
  readonly code: AgentErrorCode
  readonly message: string
  /** Whether it may succeed later, where the code says otherwise. */
  readonly retryable?: boolean
}

/** What is told to those who notify a human of a question. */
export interface RequestNotice<Question> {
  /** The id by which it is answered. */
  readonly requestId: string
  /** The path to the node that asks. */
  readonly node: string
  readonly question: Question
  /** ISO 8601; absent when it waits without limit. */
  readonly expiresAt?: string | undefined
  /** The outermost workflow, at which it is answered, and its run. */
  readonly workflow: string
  readonly instanceId: string
  /** Where the answer is posted: a path below the app's route prefix. */
  readonly respondPath: string
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
