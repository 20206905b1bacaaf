import { toTimestamp } from '../core/clock.js'
import { type AgentErrorCode, hasCode } from '../core/errors.js'
import type { JsonObject, JsonValue } from '../core/json.js'
import { type ChatMessage, createTextMessage } from '../core/messages.js'
import type {
  CallerTool,
  ContinuedSession,
  OnBusy,
  RunEventType,
  RunRequest,
  StoredEvent,
  UndoneRun,
} from '../run/events.js'
import { fold } from '../run/fold.js'
import type { RunKey, SessionKey } from '../run/run-log.js'
import { toScheduledRun } from '../run/scheduled-run.js'
import { createRunRequest } from '../session/client/run-request.js'
import type { SessionClient } from '../session/client/session-client.js'
import type { TestEngine } from './engine/test-engine.js'
import { type RunNews, readNews } from './run-news.js'

export interface SendOptions {
  /** Who sends it: whom the session belongs to. @default nobody in particular */
  readonly owner?: string | undefined
  /** What the message does when an earlier one is being answered. @default 'queue' */
  readonly onBusy?: OnBusy | undefined
  /** JSON Schema that the answer must fit. @default none */
  readonly responseSchema?: JsonObject | undefined
  /** Tools that whoever sends the message carries out: see {@link TestSession.report}. @default none */
  readonly tools?: readonly CallerTool[] | undefined
  /** The session that this one goes on from, for its first message. @default none */
  readonly continues?: ContinuedSession | undefined
  /** The run whose place it takes, which is taken back with all that was said since. @default none */
  readonly replaces?: string | undefined
  /** The run that it undoes; the text is what the conversation has of it. @default none */
  readonly undoes?: UndoneRun | undefined
  /** How long after now it is sent; ms of virtual time. Until then it is set aside, and can be taken back. @default at once */
  readonly delayMs?: number | undefined
}

/** How a message is not accepted, for good. */
const refusals: readonly AgentErrorCode[] = ['session_busy', 'budget_exhausted']

/** How long a caller waits for a reset or a deletion before asking again; ms of virtual time. */
const waitLimitMs = 120_000

/**
 * A user who talks to an agent, through whichever process lives. Requests that are cut off are repeated until they are
 * known to have been written down; whoever waits for an answer reconnects.
 */
export class TestSession {
  readonly key: SessionKey
  readonly #engine: TestEngine
  #runs: readonly RunKey[] = []
  #takenBack: ReadonlySet<string> = new Set()
  #sent = 0

  constructor(engine: TestEngine, key: SessionKey) {
    this.#engine = engine
    this.key = key
  }

  /** Sends a message, and waits until it is answered, or a human has to decide, or a tool of the caller's is called. */
  async send(text: string | ChatMessage, options: SendOptions = {}): Promise<RunNews> {
    return this.news(await this.start(text, options))
  }

  /** Sends a message without waiting for more than its acceptance; resolves with its correlation id. @throws {AgentError} `session_busy` when it was not to wait, `budget_exhausted` when its owner has spent what they may. */
  async start(
    text: string | ChatMessage,
    { owner, delayMs, replaces, ...options }: SendOptions = {},
  ): Promise<string> {
    this.#sent += 1
    const key = { ...this.key, run: `run-${this.#sent}` }
    const earlier = this.#runs.map(({ run }) => run)
    const replaced = replaces === undefined ? [] : earlier.slice(earlier.indexOf(replaces))
    this.#takenBack = new Set([...this.#takenBack, ...replaced])
    this.#runs = [...this.#runs, key]
    const { clock, log } = this.#engine
    const sendAt = delayMs === undefined ? undefined : toTimestamp(clock.now() + delayMs)
    const request = createRunRequest({
      owner,
      messages: [typeof text === 'string' ? createTextMessage('user', text) : text],
      options: { enableToolCalls: true, replaces, sendAt, ...options },
    })
    const written = sendAt === undefined ? key : toScheduledRun(key)
    const isWritten = async () => (await log.read(written)).length > 0
    let refusal: unknown
    const start = (sessions: SessionClient) =>
      begin(sessions, key, request).catch((error) => {
        if (!refusals.some((code) => hasCode(error, code))) throw error
        refusal = error
      })
    await this.#insist(start, isWritten)
    if (refusal === undefined) return key.run
    this.#runs = this.#runs.filter((run) => run !== key)
    throw refusal
  }

  /** Waits until a run (the newest by default) has ended, or a human has to decide, or a tool of the caller's is called. */
  async news(run = this.#newest()): Promise<RunNews> {
    const key = { ...this.key, run }
    const news = await this.#engine.waitFor(`${run} is answered`, () => readNews(this.#engine.log, key))
    if (news.status !== 'waiting') await this.#checkHistory(run)
    return news
  }

  /** Waits until something has happened in a run (the newest by default), and resolves with the first such event. */
  until(type: RunEventType, run = this.#newest()): Promise<StoredEvent> {
    return this.#engine.waitFor(`${run} has ${type}`, async () => {
      const events = await this.#engine.log.read({ ...this.key, run })
      const found = events.find((event) => event.type === type)
      if (found === undefined && fold(events).outcome !== undefined) {
        throw new Error(`${run} ended without ${type}.`)
      }
      return found
    })
  }

  /** Approves the first tool call that waits, and waits for what comes of it. */
  approve(
    options: { readonly arguments?: JsonObject | undefined; readonly run?: string | undefined } = {},
  ): Promise<RunNews> {
    return this.#decide('approve', options)
  }

  /** Rejects the first tool call that waits, and waits for what comes of it. */
  reject(reason?: string, run?: string): Promise<RunNews> {
    return this.#decide('reject', { reason, run })
  }

  /** Reports the result of the first tool call that waits for the caller, and waits for what comes of it. */
  async report(result: JsonValue, run = this.#newest()): Promise<RunNews> {
    const { toolCalls } = await this.news(run)
    const [first] = toolCalls
    if (first === undefined) throw new Error(`No tool call of ${run} waits for its caller.`)
    const { callId } = first
    const key = { ...this.key, run }
    const isWritten = async () =>
      (await this.#engine.log.controls(key)).some(
        (record) => record.type === 'toolResult' && record.callId === callId,
      )
    await this.#insist((sessions) => sessions.report(key, [{ callId, result }]), isWritten)
    return this.news(run)
  }

  /** Asks a run (the newest by default) to stop; {@link TestSession.news} tells what came of it. */
  async cancel(reason = 'The user has had enough.', run = this.#newest()): Promise<void> {
    const key = { ...this.key, run }
    const isWritten = async () => (await this.#engine.log.controls(key)).some(({ type }) => type === 'cancel')
    await this.#insist((sessions) => sessions.cancel(key, reason), isWritten)
  }

  /** Takes a message back that was to be sent later; false when it was too late. */
  async takeBack(run = this.#newest()): Promise<boolean> {
    const key = { ...this.key, run }
    await this.#insist((sessions) => sessions.scheduled.takeBack(key, 'The user thought better of it.'))
    const isTaken = fold(await this.#engine.log.read(toScheduledRun(key))).joined === undefined
    if (isTaken) this.#runs = this.#runs.filter((one) => one.run !== run)
    return isTaken
  }

  /** Clears the conversation, and waits until that is done. */
  async reset(): Promise<void> {
    await this.#insist((sessions) => {
      this.#engine.observations.forgetting(this.key)
      return sessions.reset(this.key, waitLimitMs)
    })
  }

  /** Deletes the session, and waits until that is done. */
  async delete(): Promise<void> {
    await this.#insist((sessions) => {
      this.#engine.observations.forgetting(this.key)
      return sessions.delete(this.key, waitLimitMs)
    })
  }

  /** Lets virtual time pass. */
  async wait(ms: number): Promise<void> {
    await this.#engine.clock.sleep(ms)
  }

  /** Decides one approval of a run. */
  async decide(
    run: string,
    approvalId: string,
    decision: 'approve' | 'reject',
    more: { readonly arguments?: JsonObject | undefined; readonly reason?: string | undefined } = {},
  ): Promise<void> {
    const key = { ...this.key, run }
    const isWritten = async () =>
      (await this.#engine.log.controls(key)).some(
        (record) => record.type === 'decision' && record.approvalId === approvalId,
      )
    await this.#insist((sessions) => sessions.decide(key, { approvalId, decision, ...more }), isWritten)
  }

  async #decide(
    decision: 'approve' | 'reject',
    {
      run = this.#newest(),
      ...more
    }: Parameters<TestSession['decide']>[3] & { readonly run?: string | undefined },
  ): Promise<RunNews> {
    const { approvals } = await this.news(run)
    const [first] = approvals
    if (first === undefined) throw new Error(`Nothing in ${run} waits for a human.`)
    await this.decide(run, first.approvalId, decision, more)
    return this.news(run)
  }

  #newest(): string {
    const run = this.#runs.at(-1)?.run
    if (run === undefined) throw new Error('Nothing has been sent in this session yet.')
    return run
  }

  /** Repeats a request until it is answered; a caller who does not repeat gives up once it has been written down. */
  async #insist(
    action: (sessions: SessionClient) => Promise<unknown>,
    isWritten: () => Promise<boolean> = async () => false,
  ): Promise<void> {
    while ((await this.#engine.request(action)) === 'lost') {
      if (!this.#engine.callerRepeats && (await isWritten())) return
    }
  }

  /** Whoever was answered finds the message in the session, even if its entity has yet to commit it. */
  async #checkHistory(run: string): Promise<void> {
    const { observations } = this.#engine
    if (this.#takenBack.has(run)) return
    if (observations.runs.some((one) => one.run === run && one.mayBeGone)) return
    const entries = await this.#engine.readHistory(this.key)
    if (entries.some(({ $type, correlationId }) => $type === 'request' && correlationId === run)) return
    observations.violations.push(`${run} was answered, but is missing in the session's history`)
  }
}

async function begin(sessions: SessionClient, key: RunKey, request: RunRequest): Promise<void> {
  const { sendAt } = request.options
  const isSetAside = sendAt !== undefined && (await sessions.schedule(key, sendAt, request)) !== undefined
  if (!isSetAside) await sessions.start(key, request)
}
