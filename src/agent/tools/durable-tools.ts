import type { JsonValue } from '../../core/json.js'
import type { ScheduledMessage } from '../../run/history-entry.js'

/** What a tool returns whose result comes later, from an orchestration. Made by {@link DurableToolContext.runOrchestration}. */
export class PendingResult {
  /** The orchestration whose output becomes the result. */
  readonly instanceId: string
  /** What came of it, when it had ended before. */
  readonly output: PendingOutput | undefined

  constructor(instanceId: string, output?: PendingOutput) {
    this.instanceId = instanceId
    this.output = output
  }

  /** @throws {TypeError} always: as a part of something else it would be recorded as it is, and nobody wait for its output. */
  toJSON(): never {
    throw new TypeError(
      'execute must return what runOrchestration gives as it is, not as part of something else.',
    )
  }
}

/** What an orchestration gave for a tool call, or why it failed. */
export type PendingOutput = { readonly result: JsonValue } | { readonly error: string }

/** How an orchestration stands. */
export interface OrchestrationStatus {
  readonly instanceId: string
  readonly name: string
  /** `Pending`, `Running`, `Completed`, `Failed`, `Terminated`, `Suspended`, … as Durable Functions names it. */
  readonly runtimeStatus: string
  readonly output: unknown
  readonly customStatus: unknown
}

/** What the session of a tool call is to be sent later. */
export interface ToolSchedule {
  /**
   * Has the session sent a message at a time within a year, to the second or so; a time that has passed means as soon as this run has ended. It comes as the
   * user's, and a run of its own answers it. Gives the correlation id of that run, which follows from the call: one that is executed again schedules nothing new.
   * @throws {AgentError} `invalid_request` for other times, `budget_exhausted` when the session's owner has spent what they may.
   */
  schedule(message: string, sendAt: Date): Promise<string>
  /** What the session has yet to be sent, by whomever, the next first. */
  listScheduled(): Promise<readonly ScheduledMessage[]>
  /** Takes a message back; false when it was sent, or there is none. @throws {AgentError} `session_busy` when it is being sent just now. */
  takeBack(correlationId: string): Promise<boolean>
}

/** The durable side of a tool call: the orchestrations of its app, and what its session is to be sent later. */
export interface DurableToolContext extends ToolSchedule {
  /**
   * Starts an orchestration that the run does not wait for, and gives its instance id. The id follows from the call, so a
   * call that is executed again starts nothing new.
   */
  startOrchestration(name: string, input?: JsonValue): Promise<string>
  /**
   * Starts an orchestration whose output becomes the result of this call, likewise: return from `execute` what this gives.
   * The run then waits for it without a process of its own. An orchestration that fails is an error that the model is told.
   */
  runOrchestration(name: string, input?: JsonValue): Promise<PendingResult>
  /** `undefined` when there is no orchestration with that id. */
  getStatus(instanceId: string): Promise<OrchestrationStatus | undefined>
  /** Raises an event in an orchestration. One that has ended, or never was, takes no notice. */
  raiseEvent(instanceId: string, name: string, data?: JsonValue): Promise<void>
}

/** Gives each tool call its durable side. */
export type DurableTools = (call: {
  readonly callId: string
  readonly idempotencyKey: string
}) => DurableToolContext
