import type { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../../core/clock.js'
import { openSqlite, useWriteAheadLog } from '../../core/sqlite.js'
import { createMemory, toSearchWords } from './create-memory.js'
import type { Memory, MemoryStore, NewMemory } from './memory-store.js'

export interface SqliteMemoryStoreOptions {
  /** The file; made when it is not there. `:memory:` keeps everything in the process. */
  readonly path: string
  /** @default the machine's */
  readonly clock?: Clock
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

/** Keeps memories in a SQLite file, which several processes of one machine may share. Found are whole words, the rarest first. */
export class SqliteMemoryStore implements MemoryStore {
  readonly #database: DatabaseSync
  readonly #clock: Clock

  constructor({ path, clock = systemClock }: SqliteMemoryStoreOptions) {
    this.#clock = clock
    this.#database = openSqlite(path)
    this.#database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    useWriteAheadLog(this.#database, busyTimeoutMs)
    this.#database.exec(schema)
  }

  async add(scope: string, added: NewMemory): Promise<Memory> {
    const memory = createMemory(added, this.#clock.now())
    this.#transact(() => {
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
    const words = toSearchWords(query).map((word) => `"${word}"`)
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
    return this.#transact(() => this.#remove(scope, id))
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

  #transact<T>(change: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = change()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}
