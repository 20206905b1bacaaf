import type { DurableClient } from 'durable-functions'
import { type Clock, systemClock, toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { ControlRecord, Decision, ToolResult } from '../../run/control.js'
import { isTerminal, type RunRequest, type StoredEvent, type TerminalEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import { tryAppend } from '../../run/try-append.js'
import {
  hasOpenQuestions,
  isAnswer,
  isAsking,
  isExpired,
  toOpenApprovals,
  withWishes,
} from '../../run/waiting.js'
import { AllowanceGate } from '../allowance/allowance-gate.js'
import { createTellWebhooks, type TellWebhooks } from '../replies/tell-webhooks.js'
import { ScheduledMessages } from '../scheduled/scheduled-messages.js'
import type { HistoryPage, SessionView } from '../state/read-session.js'
import { checkCreation } from './check-creation.js'
import { checkReferences, type ReferenceCheck } from './check-references.js'
import { type Clearing, deleteSession, resetSession } from './clear-session.js'
import { defaultMaxInlineMediaBytes, detachMedia } from './detach-media.js'
import { followRun } from './follow-run.js'
import { defaultMaxContinuedBytes, withInherited } from './gather-inherited.js'
import { callersReason, makeWay, stopRun, type WayMaking } from './make-way.js'
import { Reminders } from './reminders.js'
import type { BeginOptions, SessionClientOptions } from './session-client-options.js'
import { SessionEntities } from './session-entities.js'
import { SessionReader } from './session-reader.js'
import { withTrace } from './with-trace.js'

/** How long a run that was told to go on is left alone before it is told again; ms. The watchdog would tell it too, but later. */
const reminderPauseMs = 10_000

/** Starts runs, follows them, and reads and clears sessions: everything callers outside the entity do. */
export class SessionClient {
  /** The sessions' entities, for who has something else to tell them. */
  readonly entities: SessionEntities
  /** Messages that are to be sent later; see {@link SessionClient.schedule}. */
  readonly scheduled: ScheduledMessages
  /** What owners may spend; `undefined` when that is as much as they like. */
  readonly allowance: AllowanceGate | undefined
  readonly #reader: SessionReader
  readonly #log: RunLog
  readonly #clock: Clock
  readonly #maxInlineMediaBytes: number
  readonly #references: ReferenceCheck
  readonly #clearing: Clearing
  readonly #reminders: Reminders
  readonly #way: WayMaking
  readonly #tellWebhooks: TellWebhooks

  constructor(durable: DurableClient, log: RunLog, options: SessionClientOptions = {}) {
    const {
      clock = systemClock,
      agents = [],
      maxInlineMediaBytes = defaultMaxInlineMediaBytes,
      maxContinuedBytes = defaultMaxContinuedBytes,
      allowance,
    } = options
    this.#clock = clock
    this.#reminders = new Reminders(reminderPauseMs, clock)
    this.#maxInlineMediaBytes = maxInlineMediaBytes
    this.entities = new SessionEntities(durable, clock)
    this.#log = log
    this.scheduled = new ScheduledMessages({ durable, log, maxInlineMediaBytes, clock })
    this.#reader = new SessionReader(this.entities, log)
    this.#references = { log, sessions: this.#reader, maxContinuedBytes }
    this.#clearing = { entities: this.entities, log, agents, clock }
    this.#tellWebhooks = createTellWebhooks(durable, log, 'named')
    this.allowance = allowance && new AllowanceGate(durable, allowance, clock)
    this.#way = { log, signal: (...operation) => this.entities.signal(...operation) }
  }

  /**
   * Sets a message aside that is to be sent later, and gives how it stands; `undefined` when its time has come, and it is a message like any other.
   * @throws {AgentError} as {@link ScheduledMessages.schedule} does, and `budget_exhausted` when its owner has spent what they may.
   */
  async schedule(key: RunKey, sendAt: string, request: RunRequest): Promise<RunState | undefined> {
    const known = await this.scheduled.read(key)
    const isDue = Date.parse(sendAt) <= this.#clock.now()
    if (known === undefined && (isDue || (await this.#log.read(key)).length > 0)) return undefined
    await this.allowance?.pass(request.owner, async () => known !== undefined)
    await this.scheduled.schedule(key, sendAt, withTrace(request))
    return this.scheduled.read(key)
  }

  /** Accepts a run as {@link begin} does; its caller may be told so. */
  async start(key: RunKey, request: RunRequest): Promise<void> {
    await this.begin(key, request)
    await this.settle()
  }

  /**
   * Begins a run: writes it down, then signals the entity; true when it is a new one. Repeating it with the same request finds
   * the same run. No crash undoes it; for a loss of power that holds once it has ended, or after {@link settle}.
   * @throws {AgentError} `idempotency_conflict` when the correlation id stands for another request, `not_found` when the session is somebody else's or has no run that it could replace, `payload_too_large` when it goes on from too large a conversation, `run_joined` when that has joined another one, `session_busy` when it would have to wait and is not to, `budget_exhausted` when its owner has spent what they may.
   */
  async begin(
    key: RunKey,
    request: RunRequest,
    { isNeedless, wishes = [] }: BeginOptions = {},
  ): Promise<boolean> {
    const isKnown = async () => (await this.#log.read(key)).length > 0
    // Undoing asks no model, and so spends nothing.
    if (request.options.undoes === undefined) await this.allowance?.pass(request.owner, isKnown)
    const inherited = await checkReferences(this.#references, key, request)
    const detached = detachMedia(key, withTrace(request), this.#maxInlineMediaBytes)
    const { request: stored, attachments } =
      inherited === undefined ? detached : withInherited(detached, inherited)
    const creation = await this.#log.create(key, stored, attachments)
    checkCreation(creation, key, request)
    await this.#file(key, wishes)
    const isNew = creation.outcome === 'created'
    if (!isNew && (await this.#log.read(key)).some(isTerminal)) return false
    if (isNew && (await isNeedless?.())) {
      await this.#withdraw(key)
      return true
    }
    await makeWay(this.#way, key, stored)
    await this.entities.signal(key, 'run', { correlationId: key.run })
    return isNew
  }

  /** Ends a run that nobody has been told of. */
  async #withdraw(key: RunKey): Promise<void> {
    const reason = 'Another run answers the same message.'
    const end: TerminalEvent = { type: 'run.cancelled', data: { reason, text: '' } }
    if (!(await tryAppend(this.#log, key, 1, end))) await this.#stop(key, reason)
  }

  /** Resolves when every run that was begun would survive a loss of power. Before that nobody may be told of it. */
  settle(): Promise<void> {
    return this.#log.flush()
  }

  /**
   * Asks a run to stop: at once where it is being executed, else as soon as its turn comes. Of several reasons the first one counts.
   * Gives how far it was by then: it may have ended before it could hear.
   * @throws {AgentError} `run_joined` when its message has become part of another run, with which it ends.
   */
  async cancel(key: RunKey, reason = callersReason): Promise<RunState> {
    await this.#stop(key, reason)
    // Only now: what is to be cancelled joins no more.
    const state = fold(await this.#log.read(key))
    const { joined, outcome } = state
    if (joined === undefined || outcome !== undefined) return state
    throw new AgentError(
      'run_joined',
      `Run "${key.run}" has joined run "${joined}" and ends with it: cancel "${joined}" instead.`,
    )
  }

  #stop(key: RunKey, reason: string): Promise<void> {
    return stopRun(this.#way, key, reason)
  }

  /** Has the webhooks that are wished for told how a run has ended, or that it waits, unless they know: who wishes it may be too late for the entity to see that. */
  async tellWebhooks(key: RunKey): Promise<void> {
    const state = await this.readStanding(key)
    const isNews = state.outcome !== undefined || isAsking(state)
    if (isNews && state.request !== undefined) await this.#tellWebhooks(key, state.request)
  }

  /** Takes a human's decision about a waiting tool call; false when there is one already. */
  async decide(key: RunKey, decision: Decision): Promise<boolean> {
    const [taken = false] = await this.decideAll(key, [decision])
    return taken
  }

  /** Takes several decisions, of which the run learns together; for each false when there is one already. */
  decideAll(key: RunKey, decisions: readonly Decision[]): Promise<readonly boolean[]> {
    return this.#answer(
      key,
      decisions.map((decision) => ({ type: 'decision', ...decision })),
    )
  }

  /** Takes what came of tool calls that wait for the run's caller; for each false when that is known already. */
  report(key: RunKey, results: readonly ToolResult[]): Promise<readonly boolean[]> {
    return this.#answer(key, results.map(toRecord))
  }

  /** Takes what came of tool calls as {@link report} does, and ends their run with it: the model is not asked what to make of them. */
  async reportAndCancel(key: RunKey, results: readonly ToolResult[], reason: string): Promise<void> {
    await this.#file(key, results.map(toRecord))
    await this.cancel(key, reason)
  }

  async #answer(key: RunKey, records: readonly ControlRecord[]): Promise<readonly boolean[]> {
    const taken = await this.#file(key, records)
    await this.entities.signal(key, 'decide', { correlationId: key.run })
    this.#reminders.note(toReminder(key, 'answered'))
    return taken
  }

  /** Tells for each whether it is the first of its kind. */
  async #file(key: RunKey, records: readonly ControlRecord[]): Promise<readonly boolean[]> {
    const taken: boolean[] = []
    for (const record of records) taken.push(await this.#log.control(key, record))
    return taken
  }

  /** The run's events after `after` as they come: see {@link followRun}. */
  follow(key: RunKey, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    return followRun(key, { log: this.#log, clock: this.#clock, after, signal })
  }

  /** What there is to tell of a run: how it ended, or that it waits for a human or its caller; `undefined` when the signal aborts first. */
  async waitForNews(key: RunKey, signal: AbortSignal): Promise<TerminalEvent | 'waiting' | undefined> {
    for await (const events of this.follow(key, 0, signal)) {
      const last = events.at(-1)
      if (last === undefined) continue
      if (isTerminal(last)) return last
      if (last.type === 'run.parked' && isAsking(await this.readStanding(key))) return 'waiting'
    }
    return undefined
  }

  /**
   * Where a run stands. What was decided about its tool calls, or reported of them, counts from when it was filed, although the run learns of it
   * only when its turn comes; one that is to be cancelled asks nobody. One that nobody has answered in time is told to go on, and so is one
   * that still waits although it was answered: whoever did that may not have lived to tell it.
   * Whoever has read its events just now passes them.
   */
  async readStanding(key: RunKey, events?: readonly StoredEvent[]): Promise<RunState> {
    const state = fold(events ?? (await this.#log.read(key)))
    if (!hasOpenQuestions(state)) return state
    const now = toTimestamp(this.#clock.now())
    const wishes = await this.#log.controls(key)
    const isOverdue = toOpenApprovals(state).some((approval) => isExpired(approval, now))
    const isAnswered = wishes.some((wish) => wish.type !== 'cancel' && isAnswer(state, wish))
    if (state.parked === 'approval' && isOverdue) await this.#remind(key, state.next)
    else if (state.parked !== undefined && isAnswered) await this.#remind(key, 'answered')
    return withWishes(state, wishes, now)
  }

  /** Tells a run to go on from where it stands, unless it was told so just now: it may be asked about often until it does. */
  #remind(key: RunKey, why: number | 'answered'): Promise<void> {
    return this.#reminders.give(toReminder(key, why), () =>
      this.entities.signal(key, 'continue', { correlationId: key.run }),
    )
  }

  /** The events of a run so far; empty when there is no such run. */
  readRun(key: RunKey): Promise<readonly StoredEvent[]> {
    return this.#log.read(key)
  }

  /** See {@link SessionReader.require}. */
  requireSession(key: SessionKey, owner: string | undefined): Promise<void> {
    return this.#reader.require(key, owner)
  }

  /** See {@link SessionReader.read}. */
  read(key: SessionKey, page: HistoryPage): Promise<SessionView> {
    return this.#reader.read(key, page)
  }

  /** See {@link resetSession}. */
  reset(key: SessionKey, limitMs: number): Promise<void> {
    return resetSession(this.#clearing, key, limitMs)
  }

  /** See {@link deleteSession}. */
  delete(key: SessionKey, limitMs: number): Promise<void> {
    return deleteSession(this.#clearing, key, limitMs)
  }
}

function toRecord(result: ToolResult): ControlRecord {
  return { type: 'toolResult', ...result }
}

function toReminder({ agent, session, run }: RunKey, why: number | 'answered'): string {
  return JSON.stringify([agent, session, run, why])
}
