import type { JsonValue } from '../../core/json.js'

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

/** The durable side of a tool call: the orchestrations of its app. */
export interface DurableToolContext {
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
