import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { AgentError, toErrorMessage } from './errors.js'

/**
 * Opens a SQLite file. On Node versions that still call `node:sqlite` experimental, that one notice is not printed:
 * whoever runs the host has no use for it.
 * @throws {AgentError} `invalid_configuration` on a Node without `node:sqlite`, which is older than ours.
 */
export function openSqlite(file: string): DatabaseSync {
  return new (loadSqlite().DatabaseSync)(file)
}

/** How long opening a store waits for other processes that open or write it, in milliseconds. */
export const openWaitMs = 5000

/**
 * How many pages (4 KiB each) the write-ahead log of a store may hold before they are copied into the file. Many are written
 * over and over, and only the last version of a page is copied: so fewer, larger copies are much cheaper.
 */
const checkpointPages = 4000

/**
 * Opens a file that several processes share and that is written by group commits, making it and its folder when absent;
 * `prepare` sees to its tables, in a transaction.
 * @param toMessage Says that it cannot be used, given why.
 * @throws {AgentError} `store_unavailable` when the file cannot be used, and whatever else `prepare` refuses it with.
 */
export function openSqliteStore(
  file: string,
  toMessage: (problem: string) => string,
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    database = openSqlite(file)
    setUp(database, prepare)
    return database
  } catch (cause) {
    database?.close()
    if (cause instanceof AgentError) throw cause
    throw new AgentError('store_unavailable', toMessage(toOpenProblem(cause)), { cause })
  }
}

function setUp(database: DatabaseSync, prepare: (database: DatabaseSync) => void): void {
  database.exec(`PRAGMA busy_timeout = ${openWaitMs}`)
  useWriteAheadLog(database, openWaitMs)
  database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  inTransaction(database, () => prepare(database))
  // From here on whoever writes waits without blocking the event loop (GroupCommit).
  database.exec('PRAGMA busy_timeout = 0')
}

/**
 * Switches a file to its write-ahead log. SQLite itself does not wait for other processes when two switch a new file at
 * once, so this does, up to `waitMs`; it blocks the thread meanwhile, as opening a file does.
 */
export function useWriteAheadLog(database: DatabaseSync, waitMs: number): void {
  const giveUpAt = performance.now() + waitMs
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!/locked|busy/.test(String(error)) || performance.now() > giveUpAt) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

/** Does `work` in a transaction that writes, and gives what it returned; when it throws, nothing that it wrote stays. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    undo(database)
    throw error
  }
}

function undo(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // A full disk has made SQLite undo everything by itself (sqlite.org/lang_transaction.html).
  }
}

/** Whether SQLite refused something because another connection was writing or repairing: `SQLITE_BUSY` of any kind (sqlite.org/rescode.html). */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}

/** Why a file cannot be opened, as a sentence, and what to do when it or its folder cannot be written, it is damaged, or Node is too old. */
export function toOpenProblem(cause: unknown): string {
  const message = toErrorMessage(cause)
  if (message.includes('no such module: fts5'))
    return `Node ${process.versions.node} has no full-text search; run this with Node 22.16 or newer.`
  if (/not a database|malformed/.test(message))
    return `${message}. Put back a copy of it, or move it away to begin anew.`
  const isUnwritable = /readonly|read-only|unable to open|full|permi(tted|ssion)|EROFS|ENOSPC|EACCES/i.test(
    message,
  )
  const advice = 'Free its disk, let this user write the file and its folder, or choose another folder.'
  return isUnwritable ? `${message}. ${advice}` : `${message}.`
}

/** The notice is given while the module loads, so it is held back for just that long; every other warning passes. */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    const sqlite = process.getBuiltinModule?.('node:sqlite')
    if (sqlite !== undefined) return sqlite
    const message = `Node ${process.versions.node} has no SQLite; run this with Node 22.13 or newer`
    throw new AgentError('invalid_configuration', message)
  } finally {
    process.emitWarning = emitWarning
  }
}
