import type { DatabaseSync } from 'node:sqlite'
import {
  type PatientReads,
  type Prepared,
  preparePatientReads,
  prepareStatements,
} from './prepare-statements.js'
import type { ProcessIdentity } from './process-identity.js'

/** A host process that shares the hub. */
export interface HostRow extends ProcessIdentity {
  readonly id: string
  /** Epoch milliseconds after which its claims may be taken over. */
  readonly expiresAt: number
}

const reads = { list: 'SELECT id, pid, machine, start_marker, expires_at FROM hosts' } as const

const statements = {
  insert: 'INSERT INTO hosts VALUES (?, ?, ?, ?, ?)',
  extend: 'UPDATE hosts SET expires_at = ? WHERE id = ?',
  has: 'SELECT 1 FROM hosts WHERE id = ?',
  delete: 'DELETE FROM hosts WHERE id = ? AND expires_at = ?',
  release: 'UPDATE mailboxes SET owner = NULL, claim = NULL, ready_at = min(ready_at, ?) WHERE owner = ?',
} as const

/** The host processes that share the hub. All but {@link HostTable.list} belongs inside a transaction of the hub. */
export class HostTable {
  readonly #sql: Prepared<typeof statements>
  readonly #reads: PatientReads<typeof reads>

  constructor(database: DatabaseSync) {
    this.#sql = prepareStatements(database, statements)
    this.#reads = preparePatientReads(database, reads)
  }

  add(host: HostRow): void {
    this.#sql.insert.run(host.id, host.pid, host.machine, host.startMarker, host.expiresAt)
  }

  /** Moves a host's expiry. False when the host is no longer known. */
  extend(id: string, expiresAt: number): boolean {
    return this.#sql.extend.run(expiresAt, id).changes > 0
  }

  has(id: string): boolean {
    return this.#sql.has.get(id) !== undefined
  }

  list(): HostRow[] {
    return this.#reads.list.all().map((row) => ({
      id: String(row.id),
      pid: Number(row.pid),
      machine: String(row.machine),
      startMarker: typeof row.start_marker === 'string' ? row.start_marker : null,
      expiresAt: Number(row.expires_at),
    }))
  }

  /**
   * Forgets a host and gives its claims back, unless it has shown life since `host` was read.
   * From then on its commits are refused, as its claims are no longer held.
   */
  remove(host: Pick<HostRow, 'id' | 'expiresAt'>, now: number): boolean {
    if (this.#sql.delete.run(host.id, host.expiresAt).changes === 0) return false
    this.#sql.release.run(now, host.id)
    return true
  }
}
