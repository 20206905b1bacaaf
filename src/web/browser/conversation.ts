import { followEvents } from '../../core/follow-events.js'
import type { RunAddress, SessionAddress } from '../../core/session-paths.js'
import { undoMessage } from '../../core/undo-message.js'
import type { ConversationClient, Verdict } from './conversation-client.js'
import { toHistoryTurns } from './history-turns.js'
import type { Outage } from './outage.js'
import type { Outbox, UnsentMessage } from './outbox.js'
import { readNumber, readObjects } from './read-fields.js'
import { RequestError, toErrorText } from './request-error.js'
import { isLastRecord, type RunRecord } from './run-record.js'
import { createRunView, isOpen, type RunView } from './run-view.js'
import { type ScheduledLine, ScheduledMessages } from './scheduled-messages.js'
import { sendMessage } from './send-message.js'
import { showRecord } from './show-record.js'
import { changeTurn, isRefused, mergeTurns, putBack, type Turn, takeBack, toTurns } from './turns.js'

export interface ConversationOptions {
  readonly client: ConversationClient
  readonly address: SessionAddress
  readonly outbox: Outbox
  /** Sees messages to the app, also when the conversation is no longer shown. */
  readonly delivery: Outage
  /** Waits for the app while the conversation is shown. */
  readonly outage: Outage
  readonly signal: AbortSignal
  /** Resolves when it is worth following a run: when somebody looks. @throws the signal's reason when it is aborted */
  readonly whenShown: (signal: AbortSignal) => Promise<void>
  readonly createId: () => string
  readonly onChange: () => void
  /** Told what went wrong, for whoever uses the page. */
  readonly onProblem: (error: unknown) => void
}

/** One conversation as the page shows it: its turns, and what becomes of them while they are watched. */
export class Conversation {
  readonly address: SessionAddress
  readonly #options: ConversationOptions
  readonly #scheduled: ScheduledMessages
  #turns: readonly Turn[] = []
  #olderBefore: number | undefined
  #isFollowing = false
  #sent: Promise<void> = Promise.resolve()

  constructor(options: ConversationOptions) {
    this.address = options.address
    this.#options = options
    this.#scheduled = new ScheduledMessages(() => void this.refresh(), options.signal)
  }

  /** Oldest first. */
  get turns(): readonly Turn[] {
    return this.#turns
  }

  /** What is to be sent later, the next first. */
  get scheduled(): readonly ScheduledLine[] {
    return this.#scheduled.lines
  }

  /** Whether there are turns before the first. */
  get hasOlder(): boolean {
    return this.#olderBefore !== undefined
  }

  /** The turn that is being answered, or waits for a human; the first, when others wait behind it. */
  get current(): Turn | undefined {
    return this.#turns.find(({ run, view }) => run !== undefined && isOpen(view) && view.status !== 'sending')
  }

  /** Reads what there is, sends what an earlier page could not, and follows what is being answered. */
  async open(): Promise<void> {
    const { agent, session } = this.address
    await this.#attempt(() => this.#readNewest())
    for (const unsent of this.#options.outbox.of(agent, session)) this.#deliver(unsent)
  }

  /** Reads again, as somebody else may take part. */
  async refresh(): Promise<void> {
    await this.#attempt(() => this.#readNewest())
  }

  /** Reads the turns before the first. */
  async readOlder(): Promise<void> {
    const before = this.#olderBefore
    if (before === undefined) return
    await this.#attempt(async () => {
      const { turns, olderBefore } = await this.#read(before)
      const known = new Set(this.#turns.map(({ key }) => key))
      this.#olderBefore = olderBefore
      this.#show([...turns.filter(({ key }) => !known.has(key)), ...this.#turns])
    })
  }

  /**
   * Sends a message; it is shown at once, and sent until it has arrived. It may take the place of a turn, which goes with all that was
   * said since; of a message that the app has never taken, that one alone.
   */
  send(message: string, replaces?: string): void {
    const place = this.#turns.find(({ key }) => key === replaces)
    const address = { ...this.address, run: this.#options.createId() }
    if (place === undefined || !isRefused(place)) this.#deliver({ ...address, message, replaces })
    else this.#deliver({ ...address, message, replaces: this.#drop(place) })
  }

  /** Drops a message that the app has never taken; gives what it was to replace, unless that is gone too. */
  #drop(refused: Turn): string | undefined {
    this.#options.outbox.remove(refused.key)
    this.#turns = this.#turns.filter((turn) => turn !== refused)
    return this.#turns.find(({ key }) => key === refused.replaces)?.key
  }

  /** Has undone what the tools of a run have done. */
  undo(undoes: string): void {
    this.#deliver({ ...this.address, run: this.#options.createId(), message: undoMessage, undoes })
  }

  /** Stops the run that is being answered. */
  async cancel(): Promise<void> {
    const address = this.#toRunAddress(this.current?.run)
    if (address === undefined) return
    await this.#attempt(() => this.#options.outage.outlast(() => this.#options.client.cancelRun(address)))
  }

  /** Takes back what is to be sent later. */
  async unschedule(run: string): Promise<void> {
    const address = { ...this.address, run }
    await this.#attempt(async () => {
      await this.#options.outage.outlast(() => this.#options.client.cancelRun(address))
      await this.#readNewest()
    })
  }

  /** Decides an approval. @throws {RequestError} when the decision cannot be taken. */
  async decide(approvalId: string, verdict: Verdict): Promise<void> {
    const { client, outage } = this.#options
    await outage.outlast(() => client.decide(this.address, approvalId, verdict))
  }

  /** Clears the history. */
  async reset(): Promise<void> {
    await this.#attempt(async () => {
      await this.#options.outage.outlast(() => this.#options.client.resetSession(this.address))
      this.#options.outbox.clear(this.address)
      this.#turns = []
      await this.#readNewest()
    })
  }

  /** The events of a run that has ended and was not followed. */
  readRecords(run: string, signal: AbortSignal): AsyncIterable<RunRecord> {
    return this.#follow({ ...this.address, run }, signal)
  }

  async #readNewest(): Promise<void> {
    await this.#showNewest()
    void this.#followAll()
  }

  async #showNewest(): Promise<void> {
    const ended = new Set(this.#turns.filter(({ view }) => !isOpen(view)).map(({ key }) => key))
    const { turns, olderBefore, state } = await this.#read(undefined)
    this.#scheduled.update(state)
    const merged = mergeTurns(this.#turns, { turns, isWhole: olderBefore === undefined, ended })
    // Where older turns are shown than the page has, they say how far back it goes.
    if (merged[0]?.key === turns[0]?.key) this.#olderBefore = olderBefore
    this.#show(merged)
  }

  async #read(before: number | undefined) {
    const { client, outage, signal } = this.#options
    const state = (await outage.outlast(() => client.readSession(this.address, before))) ?? {}
    signal.throwIfAborted()
    return {
      state,
      turns: toTurns(toHistoryTurns(readObjects(state, 'conversation_history'))),
      olderBefore: readNumber(state, 'next_before') || undefined,
    }
  }

  #deliver(unsent: UnsentMessage): void {
    const { run, message, replaces, undoes } = unsent
    const { outbox } = this.#options
    if (this.#turns.some(({ key }) => key === run)) {
      outbox.remove(run)
      return
    }
    outbox.put(unsent)
    const { kept, taken } = takeBack(this.#turns, replaces)
    const view = { ...createRunView(message, 'sending'), undoes }
    const at = new Date().toISOString()
    this.#show([...kept, { key: run, run, at, view, records: undefined, replaces }])
    this.#sent = this.#sent.then(() => this.#post(unsent, taken))
  }

  /** What was taken back in vain is shown again, as far as the app still has it. */
  async #post(unsent: UnsentMessage, taken: readonly Turn[]): Promise<void> {
    const { run } = unsent
    try {
      await sendMessage(unsent, this.#options)
      this.#settle(run, { status: 'queued' })
    } catch (error) {
      this.#settle(run, { status: 'failed', problem: toErrorText(error) })
      this.#show(putBack(this.#turns, taken, run))
      if (taken.length > 0) void this.refresh()
    }
    void this.#followAll()
  }

  /** What became of sending a message, unless its run is being followed already: then the app had it before it said so. */
  #settle(run: string, change: Partial<RunView>): void {
    const turn = this.#turns.find(({ key }) => key === run)
    if (turn?.view.status === 'sending') this.#change(run, { view: { ...turn.view, ...change }, records: [] })
  }

  /** One run at a time, as they are answered. Nothing may come between the last look and the end: what is sent then would be followed by nobody. */
  async #followAll(): Promise<void> {
    if (this.#isFollowing) return
    this.#isFollowing = true
    try {
      for (let turn = this.current; turn !== undefined; turn = this.current) await this.#watchOn(turn)
    } catch (error) {
      this.#report(error)
    } finally {
      this.#isFollowing = false
    }
  }

  /** After the last run comes what other clients have sent meanwhile. */
  async #watchOn(turn: Turn): Promise<void> {
    await this.#watch(turn)
    if (this.current === undefined) await this.#showNewest()
  }

  async #watch({ key, view }: Turn): Promise<void> {
    const address = this.#toRunAddress(key)
    if (address === undefined) return
    let shown = createRunView(view.said, 'queued')
    const records: RunRecord[] = []
    try {
      for await (const record of this.#follow(address, this.#options.signal)) {
        records.push(record)
        shown = showRecord(shown, record)
        this.#change(key, { view: shown, records })
      }
    } catch (error) {
      if (!(error instanceof RequestError && error.code === 'not_found')) throw error
      // Somebody else has deleted the session, or cleared it.
      this.#change(key, { view: { ...shown, status: 'failed', problem: error.message }, records })
    }
  }

  #follow(address: RunAddress, signal: AbortSignal): AsyncIterable<RunRecord> {
    const { client, outage, whenShown } = this.#options
    return followEvents<RunRecord>({
      async open(after) {
        await whenShown(signal)
        const events = await client.followRun(address, after, signal)
        outage.end()
        return events
      },
      isLast: isLastRecord,
      outlast: async (failure) => {
        signal.throwIfAborted()
        await outage.wait(failure)
      },
      pause: () => outage.rest(),
    })
  }

  #toRunAddress(run: string | undefined): RunAddress | undefined {
    return run === undefined ? undefined : { ...this.address, run }
  }

  #change(key: string, change: Partial<Turn>): void {
    this.#show(changeTurn(this.#turns, key, change))
  }

  #show(turns: readonly Turn[]): void {
    this.#turns = turns
    this.#options.onChange()
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    if (!this.#options.signal.aborted) this.#options.onProblem(error)
  }
}
