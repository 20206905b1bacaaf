import type { DatabaseSync } from 'node:sqlite'
import { checkOptions, checkText, type OptionNames } from '../../core/check-options.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { GroupCommit, type JobOptions } from '../../core/group-commit.js'
import { prepareTransactions, type Transactions } from '../../core/transactions.js'
import { WriteAheadLog } from '../../core/write-ahead-log.js'
import type { Attachment } from '../../run/attachment.js'
import type { ControlRecord } from '../../run/control.js'
import { isTerminal, type RunEvent, type RunRequest, type StoredEvent } from '../../run/events.js'
import type {
  Creation,
  EndedRunsQuery,
  ParkedQuery,
  ParkedRun,
  RunKey,
  RunLog,
  RunSummary,
  SessionKey,
  SessionQuery,
  SessionSummary,
  StalledQuery,
} from '../../run/run-log.js'
import { toControlFeedName, toRunFeedName } from '../run-feed.js'
import { watchControls } from '../watch-controls.js'
import { RecentRuns } from './recent-runs.js'
import { type RunRow, toRunSummary, toSessionSummary, toStoredEvent } from './rows.js'
import { SqliteRunWrites } from './run-writes.js'
import { openSqliteFile } from './schema.js'
import { prepareStatements, type Statements } from './statements.js'
import { SqliteWatch } from './watch.js'

export interface SqliteRunLogOptions {
  /** The file; made with its folder when absent. Several processes may share it. `:memory:` keeps nothing. */
  readonly path: string
  /** How often to look for what other processes wrote, while somebody follows a run. @default 20 */
  readonly pollIntervalMs?: number | undefined
  /** Gives events their times. @default the machine's */
  readonly clock?: Clock | undefined
}

const optionNames: OptionNames<SqliteRunLogOptions> = { path: true, pollIntervalMs: true, clock: true }

/** A run log in one SQLite file: what the embedded host's apps use. Acknowledged writes have been flushed to disk, but for runs that were created (see {@link RunLog.flush}) and for the beginning of an execution, which after a loss of power is begun again. */
export class SqliteRunLog implements RunLog {
  readonly deltaDelayMs = 15
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #disk: WriteAheadLog
  readonly #writes: GroupCommit
  readonly #sql: Statements
  readonly #recent = new RecentRuns()
  readonly #watch: SqliteWatch
  readonly #runs: SqliteRunWrites

  /** @throws {AgentError} `store_unavailable` when the file cannot be used, `invalid_configuration` for options that there are not. */
  constructor(options: SqliteRunLogOptions) {
    checkOptions('SqliteRunLog', options, optionNames)
    const { path, pollIntervalMs = 20, clock = systemClock } = options
    checkText('path of SqliteRunLog', path)
    this.#database = openSqliteFile(path)
    // A run waits for each of its records before it goes on, so waiting for more to write would only slow it down.
    this.#disk = new WriteAheadLog(path, { blocks: true })
    const flush = path === ':memory:' ? undefined : () => this.#disk.flush()
    this.#writes = new GroupCommit(this.#prepareTransactions(), { eager: true, flush })
    this.#path = path
    this.#sql = prepareStatements(this.#database, (cause) => this.#toError('read', cause))
    this.#watch = new SqliteWatch({
      readVersion: () => this.#sql.dataVersion.get()?.data_version,
      onForeignChange: () => this.#recent.clear(),
      pollIntervalMs,
    })
    this.#runs = new SqliteRunWrites({ sql: this.#sql, recent: this.#recent, clock })
  }

  /** Transactions in which what is known of recent runs can be believed, and after which it is as true as before. */
  #prepareTransactions(): Transactions {
    const transactions = prepareTransactions(this.#database)
    return {
      ...transactions,
      begin: () => {
        transactions.begin()
        this.#watch.lookNow()
      },
      rollback: () => {
        this.#recent.clear()
        transactions.rollback()
      },
      undoPart: () => {
        this.#recent.clear()
        transactions.undoPart()
      },
    }
  }

  create(key: RunKey, request: RunRequest, attachments: readonly Attachment[] = []): Promise<Creation> {
    return this.#write(() => this.#runs.create(key, request, attachments), { lazy: true })
  }

  async flush(): Promise<void> {
    try {
      await this.#writes.settled()
    } catch (cause) {
      throw this.#toError('written', cause)
    }
  }

  async readAttachment({ agent, session, run }: RunKey, digest: string): Promise<string | undefined> {
    return this.#sql.attachment.get(agent, session, run, digest)?.content
  }

  async append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<number> {
    // Should the machine lose power, whoever goes on writes the very same again; and this write fences as it is.
    const lazy = events.every(({ type }) => type === 'run.started' || type === 'run.resumed')
    const next = await this.#write(() => this.#runs.append(key, expected, events), { lazy })
    this.#watch.notify(toRunFeedName(key))
    return next
  }

  async read(key: RunKey, after = -1): Promise<readonly StoredEvent[]> {
    this.#watch.look()
    return this.#read(key, after)
  }

  #read(key: RunKey, after: number): readonly StoredEvent[] {
    const recent = this.#recent.get(key)?.events
    const rows = recent?.slice(after + 1) ?? this.#sql.events.all(key.agent, key.session, key.run, after)
    return rows.map(toStoredEvent)
  }

  async *follow(key: RunKey, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    this.#watch.look()
    const followed = this.#runs.find(key)
    let cursor = after
    while (!signal.aborted && !this.#watch.isClosed) {
      const events = this.#read(key, cursor)
      const run = this.#runs.find(key)
      if (run === undefined || !isSameRun(run, followed)) return
      const last = events.at(-1)
      if (last !== undefined) {
        yield events
        if (isTerminal(last)) return
        cursor = last.id
      } else {
        if (run.status === 'ended' && cursor >= run.next - 1) return
        await this.#watch.next(toRunFeedName(key), signal)
      }
    }
  }

  async runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]> {
    const ended = this.#sql.endedAfter.all(key.agent, key.session, turn)
    const open = this.#sql.open.all(key.agent, key.session)
    return [...ended, ...open].map(toRunSummary)
  }

  async scheduled(key: SessionKey): Promise<readonly string[]> {
    return this.#sql.scheduled.all(key.agent, key.session).map(({ run }) => run)
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
      this.#recent.clear()
      this.#sql.deleteRuns.run(key.agent, key.session, before)
      this.#sql.deleteEmptySession.run(key.agent, key.session, key.agent, key.session)
    })
    this.#watch.notifyAll()
  }

  async deleteEndedRuns({ agent, session }: SessionKey, which: EndedRunsQuery): Promise<void> {
    const { acceptedBefore, upToTurn } = which
    await this.#write(() => {
      this.#recent.clear()
      this.#sql.deleteEndedRuns.run(agent, session, acceptedBefore, upToTurn)
    })
    this.#watch.notifyAll()
  }

  async control(key: RunKey, record: ControlRecord): Promise<boolean> {
    const added = await this.#write(() => this.#runs.control(key, record))
    this.#watch.notify(toControlFeedName(key))
    return added
  }

  async controls(key: RunKey): Promise<readonly ControlRecord[]> {
    this.#watch.look()
    return this.#readControls(key)
  }

  #readControls(key: RunKey): readonly ControlRecord[] {
    if (this.#recent.get(key)?.events !== undefined) return []
    return this.#sql.controls.all(key.agent, key.session, key.run).map(({ data }) => JSON.parse(data))
  }

  watchControls(key: RunKey, signal: AbortSignal): AsyncIterable<readonly ControlRecord[]> {
    return watchControls({ feed: this.#watch, key, read: () => this.#readControls(key), signal })
  }

  async stalled({ before, now, limit }: StalledQuery): Promise<readonly RunKey[]> {
    return this.#sql.stalled
      .all(before, now, limit)
      .map(({ agent, session, run }) => ({ agent, session, run }))
  }

  async parked({ from, limit }: ParkedQuery): Promise<readonly ParkedRun[]> {
    return this.#sql.parked.all(from, limit).map(({ agent, session, run, accepted_at }) => ({
      key: { agent, session, run },
      acceptedAt: accepted_at,
    }))
  }

  async idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    return this.#sql.idleSessions.all(agent, before, limit).map(({ session }) => ({ agent, session }))
  }

  async deleteEndedBefore(before: number, limit: number): Promise<number> {
    const { changes } = await this.#write(() => {
      this.#recent.clear()
      return this.#sql.deleteEndedBefore.run(before, limit)
    })
    this.#watch.notifyAll()
    return Number(changes)
  }

  async probe(): Promise<void> {
    await this.#write(() => this.#sql.probe.run())
  }

  async close(): Promise<void> {
    this.#watch.close()
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
}

/** SQLite gives the number of a deleted run to another one. */
function isSameRun(run: RunRow, other: RunRow | undefined): boolean {
  return run.id === other?.id && run.accepted_at === other.accepted_at
}
