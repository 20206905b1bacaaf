import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { Attachment } from '../../run/attachment.js'
import { type ControlRecord, isWaking, toControlId } from '../../run/control.js'
import type { RunEvent, RunRequest } from '../../run/events.js'
import { toIndex } from '../../run/run-index.js'
import type { Creation, RunKey, SessionKey } from '../../run/run-log.js'
import { createFencedError, createMissingRunError } from '../run-errors.js'
import type { RecentRuns } from './recent-runs.js'
import { type EventRow, type RunRow, toEventRow } from './rows.js'
import { eventsPerRun } from './schema.js'
import type { Statements } from './statements.js'

export interface SqliteRunWritesOptions {
  readonly sql: Statements
  /** Holds nothing that differs from the file; is told what is written. */
  readonly recent: RecentRuns
  readonly clock: Clock
}

/** What is written to single runs. Every method belongs inside a transaction. */
export class SqliteRunWrites {
  readonly #sql: Statements
  readonly #recent: RecentRuns
  readonly #clock: Clock

  constructor({ sql, recent, clock }: SqliteRunWritesOptions) {
    this.#sql = sql
    this.#recent = recent
    this.#clock = clock
  }

  /** See `RunLog.create`. */
  create(key: RunKey, request: RunRequest, attachments: readonly Attachment[]): Creation {
    const session = this.#sql.session.get(key.agent, key.session)
    if (session?.owner != null && session.owner !== request.owner) return { outcome: 'foreign' }
    const now = this.#clock.now()
    const row = this.#isBusy(key, request) ? undefined : this.#insertRun(key, now)
    if (row === undefined) return this.#findObstacle(key)
    if (session !== undefined) this.#sql.touchSession.run(now, key.agent, key.session)
    else this.#sql.insertSession.run(key.agent, key.session, request.owner ?? null, now, now)
    const accepted = toEventRow(0, { type: 'run.accepted', data: request }, now)
    this.#insertEvents(row, [accepted])
    for (const { digest, content } of attachments) this.#sql.insertAttachment.run(row.id, digest, content)
    this.#recent.add(key, row, [accepted])
    return { outcome: 'created' }
  }

  #isBusy({ agent, session }: SessionKey, { options }: RunRequest): boolean {
    return options.onBusy === 'reject' && this.#sql.open.get(agent, session) !== undefined
  }

  /** `undefined` when there is a run of that name. */
  #insertRun({ agent, session, run }: RunKey, now: number): RunRow | undefined {
    const { changes, lastInsertRowid } = this.#sql.insertRun.run(agent, session, run, now, now)
    if (changes === 0) return undefined
    const id = Number(lastInsertRowid)
    return { id, run, turn: 0, status: 'open', due_at: null, next: 1, accepted_at: now }
  }

  #insertEvents({ id: run }: RunRow, events: readonly EventRow[]): void {
    const first = run * eventsPerRun
    for (const { id, type, data, at } of events) this.#sql.insertEvent.run(first + id, type, data, at)
  }

  /** Why a run was not created: it exists, or another one is not to be disturbed. */
  #findObstacle(key: RunKey): Creation {
    const existing = this.#sql.firstEvent.get(key.agent, key.session, key.run)
    if (existing === undefined) return { outcome: 'busy' }
    return { outcome: 'exists', request: JSON.parse(existing.data) }
  }

  /** See `RunLog.append`. */
  append(key: RunKey, expected: number, events: readonly RunEvent[]): number {
    const run = this.#requireTail(key, expected)
    const next = expected + events.length
    if (next > eventsPerRun)
      throw new AgentError('internal', `The log of run ${key.run} is full: ${expected} events.`)
    const at = this.#clock.now()
    const rows = events.map((event, offset) => toEventRow(expected + offset, event, at))
    this.#insertEvents(run, rows)
    const before = { turn: run.turn, status: run.status, dueAt: run.due_at ?? undefined }
    const { turn, status, dueAt = null } = events.reduce(toIndex, before)
    const moved = [next, turn, dueAt, at, run.id]
    if (status === run.status) this.#sql.moveRun.run(...moved)
    else this.#sql.moveRunTo.run(status, ...moved)
    if (status === 'ended') this.#sql.touchSession.run(at, key.agent, key.session)
    this.#recent.add(key, { ...run, next, turn, status, due_at: dueAt }, rows)
    return next
  }

  /** @throws {FencedError} when the run does not end where it is expected to. */
  #requireTail(key: RunKey, expected: number): RunRow {
    const run = this.find(key)
    if (run?.next === expected) return run
    throw createFencedError(key, { expected, next: run?.next })
  }

  /** See `RunLog.control`. */
  control(key: RunKey, record: ControlRecord): boolean {
    const run = this.find(key)
    if (run === undefined) throw createMissingRunError(key)
    const { changes } = this.#sql.insertControl.run(
      run.id,
      toControlId(record),
      JSON.stringify(record),
      run.id,
    )
    if (changes === 0) return false
    this.#recent.forget(key)
    if (isWaking(record)) this.#sql.makeDue.run(this.#clock.now(), run.id)
    return true
  }

  /** A run's line in the table; outside of a transaction as of the last look at what other processes wrote. */
  find(key: RunKey): RunRow | undefined {
    return this.#recent.get(key)?.row ?? this.#sql.run.get(key.agent, key.session, key.run)
  }
}
