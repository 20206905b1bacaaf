import type { Task, TimerTask } from 'durable-functions'
import type { AgentErrorCode } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'
import type { AgentSpec, WorkflowDefinition } from './workflow-definition.js'
import type { StoredWorkflowEvent } from './workflow-events.js'
import type { WorkflowPlace } from './workflow-place.js'
import type { WorkflowStatus } from './workflow-status.js'

/** How an activity or a nested workflow ended. Failures are values: durable-functions flattens errors into texts. */
export type Settled =
  | { readonly ok: true; readonly output: unknown; readonly patch?: JsonObject | undefined }
  | {
      readonly ok: false
      readonly error: {
        /** The rest of the path, when the failure comes from inside a nested workflow. */
        readonly node?: string | undefined
        readonly code: AgentErrorCode
        readonly message: string
        readonly retryable: boolean
        /** Not before; ms. */
        readonly retryAfterMs?: number | undefined
      }
    }

/** The run of an agent that a node stands for. */
export interface AgentCall {
  readonly spec: AgentSpec
  readonly prompt: string
  readonly sessionId: string
  readonly correlationId: string
}

/** What a function's activity is given. */
export interface FunctionCall {
  readonly node: string
  readonly input: unknown
  readonly state: JsonObject
  readonly workflowInput: unknown
  readonly instanceId: string
  readonly idempotencyKey: string
  readonly attempt: number
}

/** The run of a nested workflow. */
export interface NestedCall {
  readonly workflow: WorkflowDefinition
  readonly input: unknown
  readonly instanceId: string
  readonly place: WorkflowPlace
}

/** The surroundings of a running workflow: an orchestration, or what stands for one in a test. */
export interface WorkflowEnvironment {
  readonly instanceId: string
  readonly place: WorkflowPlace
  /** Milliseconds since 1970 UTC; the same on every replay. */
  now(): number
  /** A UUID; the same on every replay. */
  createId(): string
  /** Gives an `AgentRunResult`, or a `FailedAgentRun`. */
  runAgent(call: AgentCall): Task
  /** Gives a {@link Settled}. */
  runFunction(call: FunctionCall): Task
  /** Gives a {@link Settled}. */
  runNested(call: NestedCall): Task
  /** Gives the next answer of a human, whichever request it is for. */
  waitForAnswer(): Task
  startTimer(at: number): TimerTask
  all(tasks: readonly Task[]): Task
  any(tasks: readonly Task[]): Task
  publish(status: WorkflowStatus): void
  record(events: readonly StoredWorkflowEvent[]): void
  /** Writes to the log what callers are not told, once. */
  report(error: unknown): void
  /** What a failed task's error says. */
  toFailure(error: unknown): Extract<Settled, { readonly ok: false }>['error']
}

/** What an orchestrator's steps yield, and what they are given back. */
export type Steps<Result> = Generator<Task, Result, unknown>
