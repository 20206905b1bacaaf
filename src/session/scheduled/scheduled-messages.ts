import { randomUUID } from 'node:crypto'
import type { DurableClient } from 'durable-functions'
import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { RunRequest } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { ScheduledMessage } from '../../run/history-entry.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import { toScheduledRun, toSentRun } from '../../run/scheduled-run.js'
import { toRequestText } from '../../run/to-response.js'
import { tryAppend } from '../../run/try-append.js'
import { askTaskHub } from '../client/ask-task-hub.js'
import { checkCreation } from '../client/check-creation.js'
import { detachMedia } from '../client/detach-media.js'
import { callersReason } from '../client/make-way.js'
import { Reminders } from '../client/reminders.js'

/** The name of the orchestration that waits until a message is to be sent. */
export const scheduleOrchestrator = 'dafx-schedule'

/** How far ahead messages are taken. */
export const longestDelayMs = 366 * 24 * 60 * 60 * 1000

/** The input of {@link scheduleOrchestrator}. What the message says is in the run log alone. */
export interface ScheduledSending {
  readonly agent: string
  /** The session's key. */
  readonly session: string
  readonly correlationId: string
  /** ISO 8601, UTC. */
  readonly sendAt: string
}

export interface ScheduledMessagesParts {
  readonly durable: DurableClient
  readonly log: RunLog
  readonly maxInlineMediaBytes: number
  readonly clock: Clock
}

/** So long after its time a message has been lost sight of, and not only waits for what is being answered; ms. */
const overdueMs = 5 * 60_000
/** How often whoever looks has it sent again; ms. */
const reminderPauseMs = 5 * 60_000

/**
 * Messages that are to be sent later. Each waits in the log of a run of its own (see `toScheduledRun`) until a timer in the task hub has the
 * session's entity send it: then it becomes the run that it was to be, and the waiting one ends.
 */
export class ScheduledMessages {
  readonly #durable: DurableClient
  readonly #log: RunLog
  readonly #maxInlineMediaBytes: number
  readonly #clock: Clock
  readonly #reminders: Reminders

  constructor({ durable, log, maxInlineMediaBytes, clock }: ScheduledMessagesParts) {
    this.#durable = durable
    this.#log = log
    this.#maxInlineMediaBytes = maxInlineMediaBytes
    this.#clock = clock
    this.#reminders = new Reminders(reminderPauseMs, clock)
  }

  /**
   * Sets a message aside until its time has come. Repeating it changes nothing, also after it was taken back, or sent.
   * @throws {AgentError} `idempotency_conflict` when its correlation id stands for another request, `not_found` when the session is somebody else's.
   */
  async schedule(key: RunKey, sendAt: string, request: RunRequest): Promise<void> {
    const waiting = toScheduledRun(key)
    // First, as a crash may come between: a timer that finds no message does nothing, a message without one would wait for ever.
    if ((await this.#log.read(waiting)).length === 0) await this.#setTimer(key, sendAt)
    const { request: stored, attachments } = detachMedia(waiting, request, this.#maxInlineMediaBytes)
    checkCreation(await this.#log.create(waiting, stored, attachments), key, request)
    await this.#log.flush()
  }

  async #setTimer({ agent, session, run }: RunKey, sendAt: string): Promise<void> {
    const input: ScheduledSending = { agent, session, correlationId: run, sendAt }
    const instanceId = `${scheduleOrchestrator}-${randomUUID()}`
    await askTaskHub(() => this.#durable.startNew(scheduleOrchestrator, { instanceId, input }))
  }

  /** How a message stands: it waits, was taken back, or could not be sent; `undefined` when there is none, or it is a run by now. */
  async read(key: RunKey): Promise<RunState | undefined> {
    const events = await this.#log.read(toScheduledRun(key))
    if (events.length === 0) return undefined
    const state = fold(events)
    if (state.joined !== undefined && state.outcome?.type === 'run.cancelled') return undefined
    if (state.outcome === undefined) await this.#remind(key, state.request?.options.sendAt)
    return state
  }

  /** Has a message sent that is long overdue, as a host of an older release, which knows nothing of it, may have been given its timer. */
  async #remind(key: RunKey, sendAt: string | undefined): Promise<void> {
    if (sendAt === undefined || this.#clock.now() < Date.parse(sendAt) + overdueMs) return
    const name = JSON.stringify([key.agent, key.session, key.run])
    await this.#reminders.give(name, () => this.#setTimer(key, sendAt))
  }

  /** Takes a message back; gives how it stands, `undefined` when it is a run by now. @throws {AgentError} `session_busy` when it is just becoming one. */
  async takeBack(key: RunKey, reason = callersReason): Promise<RunState | undefined> {
    await tryAppend(this.#log, toScheduledRun(key), 1, { type: 'run.cancelled', data: { reason, text: '' } })
    const state = await this.read(key)
    if (state === undefined || state.outcome !== undefined) return state
    throw new AgentError('session_busy', 'The message is being sent just now: cancel its run.', {
      retryable: true,
      retryAfterMs: 1000,
    })
  }

  /** What a session has yet to be sent, the next first. */
  async list(key: SessionKey): Promise<readonly ScheduledMessage[]> {
    const names = await this.#log.scheduled(key)
    const found = await Promise.all(names.map((name) => this.#toListed({ ...key, run: toSentRun(name) })))
    return found
      .filter((one) => one !== undefined)
      .sort((a, b) => Date.parse(a.sendAt) - Date.parse(b.sendAt))
  }

  async #toListed(key: RunKey): Promise<ScheduledMessage | undefined> {
    const { request, outcome } = (await this.read(key)) ?? {}
    const sendAt = request?.options.sendAt
    if (request === undefined || sendAt === undefined || outcome !== undefined) return undefined
    return { correlationId: key.run, sendAt, message: toRequestText(request.messages) }
  }
}
