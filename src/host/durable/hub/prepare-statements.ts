import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { isBusy, openWaitMs } from '../../../core/sqlite.js'

/** A set of statements under their names, prepared once. */
export type Prepared<S> = Readonly<Record<keyof S, StatementSync>>

/**
 * Prepares statements for inside transactions, of a database that has the task hub's tables. Limits among them are written
 * `LIMIT +?`: a bare parameter there counts as one that may influence the plan, for which SQLite compiles the statement
 * anew each time it is bound (sqlite.org/c3ref/prepare.html), which takes ten times as long as carrying it out.
 */
export function prepareStatements<const S extends Readonly<Record<string, string>>>(
  database: DatabaseSync,
  statements: S,
): Prepared<S> {
  const prepared = Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)])
  return Object.fromEntries(prepared) as Prepared<S>
}

/** A statement that only reads, and may be asked at any time. */
interface PatientRead {
  get(...values: SQLInputValue[]): Record<string, SQLOutputValue> | undefined
  all(...values: SQLInputValue[]): Record<string, SQLOutputValue>[]
}

/** A set of those under their names, prepared once. */
export type PatientReads<S> = Readonly<Record<keyof S, PatientRead>>

/**
 * Prepares reads that are asked outside of transactions, too. A connection to the hub never waits by itself. Whoever only
 * reads has to after a crash alone: while one process repairs what another one left when it died in the middle of a
 * commit, the file is locked for the others (`SQLITE_BUSY_RECOVERY`, sqlite.org/rescode.html). Then these let SQLite
 * wait, up to {@link openWaitMs}, which blocks the event loop.
 */
export function preparePatientReads<const S extends Readonly<Record<string, string>>>(
  database: DatabaseSync,
  statements: S,
): PatientReads<S> {
  const reads = Object.entries(statements).map(([name, sql]) => [
    name,
    toPatientRead(database, database.prepare(sql)),
  ])
  return Object.fromEntries(reads) as PatientReads<S>
}

function toPatientRead(database: DatabaseSync, statement: StatementSync): PatientRead {
  const attempt = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      if (!isBusy(error)) throw error
      return waitFor(database, read)
    }
  }
  return {
    get: (...values) => attempt(() => statement.get(...values)),
    all: (...values) => attempt(() => statement.all(...values)),
  }
}

function waitFor<T>(database: DatabaseSync, read: () => T): T {
  database.exec(`PRAGMA busy_timeout = ${openWaitMs}`)
  try {
    return read()
  } finally {
    database.exec('PRAGMA busy_timeout = 0')
  }
}
