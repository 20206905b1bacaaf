import type { Tool } from '../../agent/agent-definition.js'
import { hasCode } from '../../core/errors.js'
import { type ChatMessage, toText } from '../../core/messages.js'
import type { ChatRequest } from '../../model/chat-client.js'
import { isTerminal, type RunEvent } from '../../run/events.js'
import { isInnerRun } from '../../run/inner-run.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import type { Boundary } from './boundary.js'

/** One call of a model, and what became of its answer. */
export interface ModelCall {
  readonly process: number
  readonly session: SessionKey
  readonly request: ChatRequest
  /** What the model said, once it has said it all. */
  answer: ChatMessage | undefined
  /**
   * `recorded`: its answer is in the run log. `failed`: the model failed, or the call was aborted. `excused`: its process
   * died, was overtaken, or could not write. `unrecorded`: none of these.
   */
  outcome: 'unrecorded' | 'recorded' | 'failed' | 'excused'
}

/** One execution of a tool. */
export interface ToolExecution {
  readonly run: string
  readonly session: string
  readonly tool: string
  readonly callId: string
  readonly idempotencyKey: string
  readonly attempt: number
}

/** A run that a caller was told of, or could have been: it is in the log. */
export interface AcceptedRun extends RunKey {
  /** It works for another run: nobody waits for it but that one. */
  readonly isPart: boolean
  /** When it ended; ms since 1970. */
  endedAt?: number
  /** Somebody has asked since for it to be forgotten. */
  mayBeGone: boolean
}

/** Everything that happened in one run of a scenario, as seen from outside the processes. */
export class Observations {
  readonly #onAccepted: (key: RunKey) => void

  readonly boundaries: Boundary[] = []
  readonly modelCalls: ModelCall[] = []
  readonly executions: ToolExecution[] = []
  /** Calls of which a tool said, asked after a crash, that they had not taken effect. */
  readonly notDone: string[] = []
  /** Tools that sources and providers gave. */
  readonly foundTools: Tool[] = []
  /** What entities reported as errors. */
  readonly errors: string[] = []
  readonly runs: AcceptedRun[] = []
  /** What was wrong at the moment it was seen. */
  readonly violations: string[] = []
  messages = 0
  /** Grows with everything that changes a store. */
  version = 0

  /** @param onAccepted told of each run that is new in the log */
  constructor(onAccepted: (key: RunKey) => void) {
    this.#onAccepted = onAccepted
  }

  accepted(key: RunKey): void {
    if (this.runs.some((run) => isSameRun(run, key) && !run.mayBeGone)) return
    const { agent, session, run } = key
    this.runs.push({ agent, session, run, isPart: isInnerRun(key), mayBeGone: false })
    this.#onAccepted(key)
  }

  /** A session is to be forgotten: whatever was accepted before may go. */
  forgetting({ agent, session }: SessionKey): void {
    for (const run of this.runs) if (run.agent === agent && run.session === session) run.mayBeGone = true
  }

  /** Runs that ended before a time are no longer kept. */
  forgettingEnded(before: number): void {
    for (const run of this.runs) if (run.endedAt !== undefined && run.endedAt < before) run.mayBeGone = true
  }

  appended(process: number, key: RunKey, events: readonly RunEvent[], now: number): void {
    for (const event of events) {
      if (isTerminal(event)) this.#ended(key, now)
      if (event.type !== 'step.completed') continue
      const calls = this.#unrecorded(process, key)
      const call = calls.find(
        ({ answer }) => answer !== undefined && isSameAnswer(answer, event.data.message),
      )
      if (call !== undefined) call.outcome = 'recorded'
    }
  }

  #ended(key: RunKey, now: number): void {
    for (const run of this.runs) if (isSameRun(run, key)) run.endedAt ??= now
  }

  appendFailed(process: number, key: RunKey, error: unknown): void {
    if (!hasCode(error, 'fenced') && !hasCode(error, 'store_unavailable')) return
    for (const call of this.#unrecorded(process, key)) call.outcome = 'excused'
  }

  died(process: number): void {
    for (const call of this.modelCalls)
      if (call.process === process && call.outcome === 'unrecorded') call.outcome = 'excused'
  }

  #unrecorded(process: number, { agent, session }: SessionKey): readonly ModelCall[] {
    return this.modelCalls.filter(
      (call) =>
        call.outcome === 'unrecorded' &&
        call.process === process &&
        call.session.agent === agent &&
        call.session.session === session,
    )
  }
}

/** Ids of tool calls may have been replaced when the answer was recorded. */
function isSameAnswer(a: ChatMessage, b: ChatMessage): boolean {
  return toText(a.contents) === toText(b.contents) && a.contents.length === b.contents.length
}

function isSameRun(a: RunKey, b: RunKey): boolean {
  return a.agent === b.agent && a.session === b.session && a.run === b.run
}
