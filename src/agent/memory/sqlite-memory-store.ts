import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { checkOptions, checkText } from '../../core/check-options.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { inTransaction, openSqlite, toOpenProblem, useWriteAheadLog } from '../../core/sqlite.js'
import { createMemory, toQueryWords, toSearchWords } from './create-memory.js'
import type { Memory, MemoryStore, NewMemory } from './memory-store.js'

export interface SqliteMemoryStoreOptions {
  /** The file; made with its folder when it is not there. `:memory:` keeps everything in the process. */
  readonly path: string
  /** @default the machine's */
  readonly clock?: Clock | undefined
}

/** How long a process waits for another one that writes; ms. */
const busyTimeoutMs = 5000

const schema = `
  CREATE TABLE IF NOT EXISTS memories (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    text TEXT NOT NULL,
    createdAt TEXT NOT NULL,
    UNIQUE (scope, id)
  );
  CREATE VIRTUAL TABLE IF NOT EXISTS memory_words USING fts5(words);
`

/** Keeps memories in a SQLite file, which several processes of one machine may share. Found are whole words, the rarest first. Needs Node 22.16, the first with full-text search. */
export class SqliteMemoryStore implements MemoryStore {
  readonly #database: DatabaseSync
  readonly #clock: Clock

  /** @throws {AgentError} `store_unavailable` naming the file when it cannot be used, `invalid_configuration` for options that there are not. */
  constructor(options: SqliteMemoryStoreOptions) {
    checkOptions('SqliteMemoryStore', options, { path: true, clock: true })
    const { path, clock = systemClock } = options
    checkText('path of SqliteMemoryStore', path)
    this.#clock = clock
    this.#database = openFile(path)
  }

  async add(scope: string, added: NewMemory): Promise<Memory> {
    const memory = createMemory(added, this.#clock.now())
    inTransaction(this.#database, () => {
      this.#remove(scope, memory.id)
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO memories (scope, id, text, createdAt) VALUES (?, ?, ?, ?)')
        .run(scope, memory.id, memory.text, memory.createdAt)
      this.#database
        .prepare('INSERT INTO memory_words (rowid, words) VALUES (?, ?)')
        .run(lastInsertRowid, toSearchWords(memory.text).join(' '))
    })
    return memory
  }

  async search(scope: string, query: string, limit: number): Promise<readonly Memory[]> {
    const words = toQueryWords(query).map((word) => `"${word}"`)
    if (words.length === 0) return []
    return this.#read(
      `SELECT id, text, createdAt FROM memory_words JOIN memories ON number = memory_words.rowid
       WHERE memory_words MATCH ? AND scope = ? ORDER BY bm25(memory_words), number DESC LIMIT +?`,
      [words.join(' OR '), scope, limit],
    )
  }

  async list(scope: string, limit: number): Promise<readonly Memory[]> {
    return this.#read(
      'SELECT id, text, createdAt FROM memories WHERE scope = ? ORDER BY number DESC LIMIT +?',
      [scope, limit],
    )
  }

  async delete(scope: string, id: string): Promise<boolean> {
    return inTransaction(this.#database, () => this.#remove(scope, id))
  }

  /** Closes the file; nothing can be read or written any more. */
  close(): void {
    this.#database.close()
  }

  #remove(scope: string, id: string): boolean {
    const row = this.#database
      .prepare('DELETE FROM memories WHERE scope = ? AND id = ? RETURNING number')
      .get(scope, id)
    if (row === undefined) return false
    this.#database.prepare('DELETE FROM memory_words WHERE rowid = ?').run(Number(row.number))
    return true
  }

  #read(sql: string, parameters: readonly (string | number)[]): readonly Memory[] {
    const rows = this.#database.prepare(sql).all(...parameters)
    return rows.map(({ id, text, createdAt }) => ({
      id: String(id),
      text: String(text),
      createdAt: String(createdAt),
    }))
  }
}

function openFile(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    database = openSqlite(path)
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    useWriteAheadLog(database, busyTimeoutMs)
    database.exec(schema)
    return database
  } catch (cause) {
    database?.close()
    if (cause instanceof AgentError) throw cause
    const message = `The memories ${path} cannot be opened: ${toOpenProblem(cause)}`
    throw new AgentError('store_unavailable', message, { cause })
  }
}
