import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { InstanceStatus } from './instance-status.js'
import {
  type PatientReads,
  type Prepared,
  preparePatientReads,
  prepareStatements,
} from './prepare-statements.js'

/** Which orchestration, and whether it goes on. */
export interface InstanceHead {
  readonly id: string
  /** A GUID; another one after each restart and each continue-as-new. */
  readonly execution: string
  /** The orchestrator function as it was registered. */
  readonly name: string
  readonly status: InstanceStatus
}

/** An orchestration: the newest execution of its id. Texts are JSON as it came from the app. */
export interface Instance extends InstanceHead {
  /** `''` when none was given. */
  readonly version: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly input: string | null
  readonly output: string | null
  readonly customStatus: string | null
  /** Who waits for its end; `null` for one that a client started. */
  readonly parent: ParentInstance | null
}

/** The orchestration that called another one. */
export interface ParentInstance {
  readonly id: string
  readonly execution: string
  readonly name: string
  /** Number of the task that the child is. */
  readonly task: number
}

/** One event of an execution's history, with what replaying needs of it beside its text. */
export interface HistoryRow {
  /** As in the wire format. */
  readonly type: number
  /** Number of the task that it schedules or ends; of the end of an episode, how many actions were known; else -1. */
  readonly task: number
  /** Name of what it schedules or of the event that was raised; of the start of an episode, its time; else `''`. */
  readonly name: string
  /** JSON text of the event, without `IsPlayed`. */
  readonly event: string
}

export interface StoredHistoryRow extends HistoryRow {
  readonly seq: number
}

export interface InstanceQuery {
  /** Only ids after this one. */
  readonly after?: string | undefined
  /** What ids begin with. */
  readonly prefix?: string | undefined
  /** Bounds of the time of creation, epoch milliseconds, both inclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly statuses: readonly string[]
  readonly limit: number
}

const reads = {
  read: 'SELECT * FROM instances WHERE id = ?',
  readHead: 'SELECT id, execution, name, status FROM instances WHERE id = ?',
  history: 'SELECT seq, type, task, name, event FROM history WHERE execution = ? AND seq > ? ORDER BY seq',
  countHistory: 'SELECT count(*) AS count FROM history WHERE execution = ? AND seq <= ?',
  lockHistory: `SELECT seq, type, task, name, event FROM history WHERE execution = ? AND type = 14
    AND (name LIKE 'lock %' OR name LIKE 'release %') ORDER BY seq`,
  list: `SELECT * FROM instances WHERE id > ? AND id >= ? AND id < ? AND created_at BETWEEN ? AND ?
    AND status IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT +?`,
} as const

const statements = {
  write: `INSERT INTO instances (id, execution, name, version, status, created_at, updated_at, input, output,
    custom_status, parent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    execution = excluded.execution, name = excluded.name, version = excluded.version, status = excluded.status,
    created_at = excluded.created_at, updated_at = excluded.updated_at, input = excluded.input,
    output = excluded.output, custom_status = excluded.custom_status, parent = excluded.parent`,
  delete: 'DELETE FROM instances WHERE id = ?',
  dropEvents: 'DELETE FROM history WHERE seq IN (SELECT value FROM json_each(?))',
  append: 'INSERT INTO history (execution, type, task, name, event) VALUES (?, ?, ?, ?, ?)',
  dropHistory: 'DELETE FROM history WHERE execution = ?',
} as const

/** Orchestrations and their histories. Methods that change something belong inside a transaction of the hub. */
export class InstanceTable {
  readonly #sql: Prepared<typeof statements>
  readonly #reads: PatientReads<typeof reads>

  constructor(database: DatabaseSync) {
    this.#sql = prepareStatements(database, statements)
    this.#reads = preparePatientReads(database, reads)
  }

  read(id: string): Instance | undefined {
    const row = this.#reads.read.get(id)
    return row && toInstance(row)
  }

  /** The same without the app's texts, which may be long. */
  readHead(id: string): InstanceHead | undefined {
    const row = this.#reads.readHead.get(id)
    return row && toHead(row)
  }

  /** Stores the instance in place of any that has its id. */
  write(instance: Instance): void {
    const { id, execution, name, version, status, parent, ...rest } = instance
    const { createdAt, updatedAt, input, output, customStatus } = rest
    const values = [id, execution, name, version, status, createdAt, updatedAt, input, output, customStatus]
    this.#sql.write.run(...values, parent && JSON.stringify(parent))
  }

  /** Forgets an instance and its history. */
  delete({ id, execution }: Pick<Instance, 'id' | 'execution'>): void {
    this.#sql.delete.run(id)
    this.dropHistory(execution)
  }

  /** Those that a query means, in order of their ids. */
  list({ after = '', prefix = '', from, to, statuses, limit }: InstanceQuery): Instance[] {
    // Any id that begins with the prefix is smaller than the prefix and the last character there is.
    const end = `${prefix}\u{10ffff}`
    const [first, last] = [from ?? 0, to ?? Number.MAX_SAFE_INTEGER]
    return this.#reads.list
      .all(after, prefix, end, first, last, JSON.stringify(statuses), limit)
      .map(toInstance)
  }

  /** The events of an execution after the one at `after`, oldest first. @param after @default all of them */
  readHistory(execution: string, after = 0): StoredHistoryRow[] {
    return this.#reads.history.all(execution, after).map(toStoredHistoryRow)
  }

  /** How many events an execution has up to the one at `last`. */
  countHistory(execution: string, last: number): number {
    return Number(this.#reads.countHistory.get(execution, last)?.count)
  }

  /** What an execution has sent about locks on entities, oldest first. */
  readLockHistory(execution: string): HistoryRow[] {
    return this.#reads.lockHistory.all(execution).map(toStoredHistoryRow)
  }

  /** Takes events out of a history, as only a rewind does. */
  dropEvents(rows: readonly StoredHistoryRow[]): void {
    this.#sql.dropEvents.run(JSON.stringify(rows.map(({ seq }) => seq)))
  }

  appendHistory(execution: string, rows: readonly HistoryRow[]): void {
    for (const { type, task, name, event } of rows) this.#sql.append.run(execution, type, task, name, event)
  }

  dropHistory(execution: string): void {
    this.#sql.dropHistory.run(execution)
  }
}

function toStoredHistoryRow(row: Record<string, SQLOutputValue>): StoredHistoryRow {
  return {
    seq: Number(row.seq),
    type: Number(row.type),
    task: Number(row.task),
    name: String(row.name),
    event: String(row.event),
  }
}

function toInstance(row: Record<string, SQLOutputValue>): Instance {
  return {
    ...toHead(row),
    version: String(row.version),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    input: toText(row.input),
    output: toText(row.output),
    customStatus: toText(row.custom_status),
    parent: typeof row.parent === 'string' ? (JSON.parse(row.parent) as ParentInstance) : null,
  }
}

function toHead(row: Record<string, SQLOutputValue>): InstanceHead {
  return {
    id: String(row.id),
    execution: String(row.execution),
    name: String(row.name),
    status: String(row.status) as InstanceStatus,
  }
}

function toText(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
