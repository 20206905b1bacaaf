import type { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../core/clock.js'
import { AgentError, FencedError, toErrorMessage } from '../core/errors.js'
import { GroupCommit, type JobOptions } from '../core/group-commit.js'
import { prepareTransactions } from '../core/transactions.js'
import { WriteAheadLog } from '../core/write-ahead-log.js'
import type { Attachment } from '../run/attachment.js'
import { type ControlRecord, isWaking, toControlId } from '../run/control.js'
import { isTerminal, type RunEvent, type RunRequest, type StoredEvent } from '../run/events.js'
import { toIndex } from '../run/run-index.js'
import type {
  Creation,
  EndedRunsQuery,
  RunKey,
  RunLog,
  RunSummary,
  SessionKey,
  SessionQuery,
  SessionSummary,
  StalledQuery,
} from '../run/run-log.js'
import { RunFeed } from './run-feed.js'
import { toRunSummary, toSessionSummary } from './sqlite-rows.js'
import { openSqliteFile } from './sqlite-schema.js'
import { prepareStatements, type Statements } from './sqlite-statements.js'

export interface SqliteRunLogOptions {
  /** The file; made with its folder when absent. Several processes may share it. `:memory:` keeps nothing. */
  readonly path: string
  /** How often to look for what other processes wrote, while somebody follows a run. @default 20 */
  readonly pollIntervalMs?: number
  /** Gives events their times. @default the machine's */
  readonly clock?: Clock
}

/** A run log in one SQLite file: what the embedded host's apps use. Every acknowledged write has been flushed to disk. */
export class SqliteRunLog implements RunLog {
  readonly deltaDelayMs = 15
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #disk: WriteAheadLog
  readonly #writes: GroupCommit
  readonly #sql: Statements
  readonly #feed = new RunFeed()
  readonly #pollIntervalMs: number
  readonly #clock: Clock
  #poll: NodeJS.Timeout | undefined
  #seenVersion: unknown

  /** @throws {AgentError} `store_unavailable` when the file cannot be used. */
  constructor({ path, pollIntervalMs = 20, clock = systemClock }: SqliteRunLogOptions) {
    this.#database = openSqliteFile(path)
    // A run waits for each of its records before it goes on, so waiting for more to write would only slow it down.
    this.#disk = new WriteAheadLog(path)
    const flush = path === ':memory:' ? undefined : () => this.#disk.flush()
    this.#writes = new GroupCommit(prepareTransactions(this.#database), { eager: true, flush })
    this.#path = path
    this.#sql = prepareStatements(this.#database, (cause) => this.#toError('read', cause))
    this.#pollIntervalMs = pollIntervalMs
    this.#clock = clock
  }

  create(key: RunKey, request: RunRequest, attachments: readonly Attachment[] = []): Promise<Creation> {
    return this.#write(() => this.#create(key, request, attachments), { lazy: true })
  }

  async flush(): Promise<void> {
    try {
      await this.#writes.settled()
    } catch (cause) {
      throw this.#toError('written', cause)
    }
  }

  #create(key: RunKey, request: RunRequest, attachments: readonly Attachment[]): Creation {
    const session = this.#sql.session.get(key.agent, key.session)
    if (session?.owner != null && session.owner !== request.owner) return { outcome: 'foreign' }
    const existing = this.#sql.firstEvent.get(key.agent, key.session, key.run)
    if (existing !== undefined) return { outcome: 'exists', request: JSON.parse(existing.data) }
    if (request.options.onBusy === 'reject' && this.#sql.open.get(key.agent, key.session) !== undefined)
      return { outcome: 'busy' }
    const now = this.#clock.now()
    this.#sql.touchSession.run(key.agent, key.session, request.owner ?? null, now, now)
    const { lastInsertRowid } = this.#sql.insertRun.run(key.agent, key.session, key.run, now, now)
    this.#sql.insertEvent.run(lastInsertRowid, 0, 'run.accepted', JSON.stringify(request), now)
    for (const { digest, content } of attachments)
      this.#sql.insertAttachment.run(lastInsertRowid, digest, content)
    return { outcome: 'created' }
  }

  async readAttachment({ agent, session, run }: RunKey, digest: string): Promise<string | undefined> {
    return this.#sql.attachment.get(agent, session, run, digest)?.content
  }

  async append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<number> {
    // Should the machine lose power, whoever goes on writes the very same again; and this write fences as it is.
    const lazy = events.every(({ type }) => type === 'run.started' || type === 'run.resumed')
    const next = await this.#write(() => this.#append(key, expected, events), { lazy })
    this.#feed.notify(toFeedName(key))
    return next
  }

  #append(key: RunKey, expected: number, events: readonly RunEvent[]): number {
    const run = this.#sql.run.get(key.agent, key.session, key.run)
    if (run === undefined) throw new FencedError(`Run ${key.run} of session ${key.session} was deleted.`)
    if (run.next !== expected) {
      throw new FencedError(
        `Run ${key.run} of session ${key.session} went on elsewhere: its log ends at ${run.next}, not ${expected}.`,
      )
    }
    const now = this.#clock.now()
    let index = { turn: run.turn, status: run.status, dueAt: run.due_at ?? undefined }
    events.forEach((event, offset) => {
      this.#sql.insertEvent.run(run.id, expected + offset, event.type, JSON.stringify(event.data), now)
      index = toIndex(index, event)
    })
    const { turn, status, dueAt = null } = index
    this.#sql.moveRun.run(expected + events.length, turn, status, dueAt, now, run.id)
    if (status === 'ended') this.#sql.touchSession.run(key.agent, key.session, null, now, now)
    return expected + events.length
  }

  async read(key: RunKey, after = -1): Promise<readonly StoredEvent[]> {
    return this.#read(key, after)
  }

  #read(key: RunKey, after: number): readonly StoredEvent[] {
    const rows = this.#sql.events.all(key.agent, key.session, key.run, after)
    return rows.map(({ id, type, data, at }) => ({ id, at, type, data: JSON.parse(data) }) as StoredEvent)
  }

  async *follow(key: RunKey, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    let cursor = after
    while (!signal.aborted) {
      const events = this.#read(key, cursor)
      const last = events.at(-1)
      if (last !== undefined) {
        yield events
        if (isTerminal(last)) return
        cursor = last.id
      } else {
        const run = this.#sql.run.get(key.agent, key.session, key.run)
        if (run === undefined || (run.status === 'ended' && cursor >= run.next - 1)) return
        this.#startPolling()
        await this.#feed.next(toFeedName(key), signal)
      }
    }
  }

  async runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]> {
    const ended = this.#sql.endedAfter.all(key.agent, key.session, turn)
    const open = this.#sql.open.all(key.agent, key.session)
    return [...ended, ...open].map(toRunSummary)
  }

  async runsUpTo(key: SessionKey, turn: number, limit: number): Promise<readonly RunSummary[]> {
    return this.#sql.endedUpTo.all(key.agent, key.session, turn, limit).map(toRunSummary)
  }

  async session(key: SessionKey): Promise<SessionSummary | undefined> {
    const row = this.#sql.session.get(key.agent, key.session)
    return row === undefined ? undefined : toSessionSummary(row)
  }

  async sessions(agent: string, { owner, before, limit }: SessionQuery): Promise<readonly SessionSummary[]> {
    const from = before ?? { updatedAt: Number.MAX_SAFE_INTEGER, session: '' }
    return this.#sql.sessions
      .all(agent, owner ?? null, from.updatedAt, from.updatedAt, from.session, limit)
      .map(toSessionSummary)
  }

  async deleteSession(key: SessionKey, before: number): Promise<void> {
    await this.#write(() => {
      this.#sql.deleteRuns.run(key.agent, key.session, before)
      this.#sql.deleteEmptySession.run(key.agent, key.session, key.agent, key.session)
    })
    this.#feed.notifyAll()
  }

  async deleteEndedRuns({ agent, session }: SessionKey, which: EndedRunsQuery): Promise<void> {
    const { acceptedBefore, upToTurn } = which
    await this.#write(() => this.#sql.deleteEndedRuns.run(agent, session, acceptedBefore, upToTurn))
    this.#feed.notifyAll()
  }

  async control(key: RunKey, record: ControlRecord): Promise<boolean> {
    const added = await this.#write(() => {
      const run = this.#sql.run.get(key.agent, key.session, key.run)
      if (run === undefined) throw new AgentError('not_found', `There is no run "${key.run}".`)
      const id = toControlId(record)
      const { changes } = this.#sql.insertControl.run(run.id, id, JSON.stringify(record), run.id)
      if (changes > 0 && isWaking(record)) this.#sql.makeDue.run(this.#clock.now(), run.id)
      return changes > 0
    })
    this.#feed.notify(toControlFeedName(key))
    return added
  }

  async controls(key: RunKey): Promise<readonly ControlRecord[]> {
    return this.#sql.controls.all(key.agent, key.session, key.run).map(({ data }) => JSON.parse(data))
  }

  async *watchControls(key: RunKey, signal: AbortSignal): AsyncGenerator<readonly ControlRecord[]> {
    for (let seen = 0; !signal.aborted; ) {
      const controls = await this.controls(key)
      if (controls.length > seen) yield controls
      seen = controls.length
      this.#startPolling()
      await this.#feed.next(toControlFeedName(key), signal)
    }
  }

  async stalled({ before, now, limit }: StalledQuery): Promise<readonly RunKey[]> {
    return this.#sql.stalled
      .all(before, now, limit)
      .map(({ agent, session, run }) => ({ agent, session, run }))
  }

  async idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    return this.#sql.idleSessions.all(agent, before, limit).map(({ session }) => ({ agent, session }))
  }

  async deleteEndedBefore(before: number, limit: number): Promise<number> {
    const { changes } = await this.#write(() => this.#sql.deleteEndedBefore.run(before, limit))
    this.#feed.notifyAll()
    return Number(changes)
  }

  async probe(): Promise<void> {
    await this.#write(() => this.#sql.probe.run())
  }

  async close(): Promise<void> {
    clearInterval(this.#poll)
    this.#writes.flush()
    this.#disk.close()
    this.#database.close()
  }

  async #write<T>(work: () => T, options?: JobOptions): Promise<T> {
    try {
      return await this.#writes.run(work, options)
    } catch (cause) {
      throw cause instanceof AgentError ? cause : this.#toError('written', cause)
    }
  }

  #toError(what: 'read' | 'written', cause: unknown): AgentError {
    const message = `The run log ${this.#path} cannot be ${what}: ${toErrorMessage(cause)}.`
    return new AgentError('store_unavailable', message, { cause, retryable: true })
  }

  /** SQLite has no notifications between processes: compare its change counter while somebody waits. */
  #startPolling(): void {
    if (this.#poll !== undefined) return
    this.#seenVersion = undefined
    this.#poll = setInterval(() => this.#lookForChanges(), this.#pollIntervalMs)
  }

  #lookForChanges(): void {
    const version = this.#readVersion()
    if (version === undefined || version !== this.#seenVersion) {
      this.#seenVersion = version
      this.#feed.notifyAll()
    }
    if (this.#feed.size > 0) return
    clearInterval(this.#poll)
    this.#poll = undefined
  }

  /** `undefined` when the file cannot be read: whoever waits then learns so from a look of their own. */
  #readVersion(): number | undefined {
    try {
      return this.#sql.dataVersion.get()?.data_version
    } catch {
      return undefined
    }
  }
}

function toFeedName({ agent, session, run }: RunKey): string {
  return `${agent}\n${session}\n${run}`
}

function toControlFeedName(key: RunKey): string {
  return `${toFeedName(key)}\ncontrols`
}
