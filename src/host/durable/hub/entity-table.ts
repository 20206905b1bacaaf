import type { DatabaseSync } from 'node:sqlite'
import {
  type PatientReads,
  type Prepared,
  preparePatientReads,
  prepareStatements,
} from './prepare-statements.js'

/** Committed state of an entity. `state` is JSON text and may be `null` even when the entity exists. */
export interface EntityRecord {
  readonly exists: boolean
  readonly state: string | null
  /** Instance id of the orchestration that has it for itself. */
  readonly lockedBy?: string | undefined
}

export interface EntityQuery {
  /** Lower case; every name when absent. */
  readonly name?: string | undefined
  /** Bounds of the last operation's time, epoch milliseconds, both inclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Only instance ids after this one. */
  readonly after: string
  readonly limit: number
}

export interface ListedEntity {
  readonly id: string
  readonly state: string | null
  readonly lastOperationAt: number
}

const reads = {
  read: 'SELECT entity_exists, state, locked_by FROM entities WHERE id = ?',
  list: `SELECT id, state, last_operation_at FROM entities
    WHERE id > ? AND id >= ? AND id < ? AND entity_exists = 1 AND last_operation_at BETWEEN ? AND ? ORDER BY id LIMIT +?`,
} as const

const statements = {
  upsert: `INSERT INTO entities (id, entity_exists, state, last_operation_at) VALUES (?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET
    entity_exists = 1, state = excluded.state, last_operation_at = excluded.last_operation_at`,
  delete: 'DELETE FROM entities WHERE id = ?',
  empty: 'UPDATE entities SET entity_exists = 0, state = NULL WHERE id = ?',
  lock: `INSERT INTO entities (id, entity_exists, state, last_operation_at, locked_by) VALUES (?, 0, NULL, ?, ?)
    ON CONFLICT (id) DO UPDATE SET locked_by = excluded.locked_by`,
  deleteVoid: 'DELETE FROM entities WHERE id = ? AND entity_exists = 0',
} as const

/** What a row says, or the lack of one. Without a value for `entity_exists` the entity was never heard of. */
export function toEntityRecord(row: Readonly<Record<string, unknown>> | undefined): EntityRecord {
  if (typeof row?.entity_exists !== 'number') return { exists: false, state: null }
  return {
    exists: row.entity_exists === 1,
    state: typeof row.state === 'string' ? row.state : null,
    lockedBy: typeof row.locked_by === 'string' ? row.locked_by : undefined,
  }
}

/** Committed states of entities, and their locks. Methods that change something belong inside a transaction of the hub. */
export class EntityTable {
  readonly #sql: Prepared<typeof statements>
  readonly #reads: PatientReads<typeof reads>

  constructor(database: DatabaseSync) {
    this.#sql = prepareStatements(database, statements)
    this.#reads = preparePatientReads(database, reads)
  }

  /** Committed state; `exists: false` for an entity never heard of. */
  read(id: string): EntityRecord {
    return toEntityRecord(this.#reads.read.get(id))
  }

  /** Its lock stays as it is. */
  write(id: string, record: EntityRecord, now: number): void {
    if (record.exists) this.#sql.upsert.run(id, record.state, now)
    else this.#sql.delete.run(id)
  }

  /** Says that a locked entity does not exist any more. */
  empty(id: string): void {
    this.#sql.empty.run(id)
  }

  /** Gives an entity to an orchestration alone, or back to everybody. */
  lock(id: string, owner: string | undefined, now: number): void {
    this.#sql.lock.run(id, now, owner ?? null)
    if (owner === undefined) this.#sql.deleteVoid.run(id)
  }

  /** Entities that exist, in order of their instance ids. */
  list({ name, from, to, after, limit }: EntityQuery): ListedEntity[] {
    const prefix = name === undefined ? '@' : `@${name}@`
    // The character after `@`, so that the range holds everything that begins with the prefix.
    const end = `${prefix.slice(0, -1)}A`
    const rows = this.#reads.list.all(after, prefix, end, from ?? 0, to ?? Number.MAX_SAFE_INTEGER, limit)
    return rows.map((row) => ({
      id: String(row.id),
      state: typeof row.state === 'string' ? row.state : null,
      lastOperationAt: Number(row.last_operation_at),
    }))
  }
}
