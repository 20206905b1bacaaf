import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openSqlite } from '../../core/sqlite.js'
import type { ListedBlob } from './blob-store.js'

/** One version of a blob of the function's container. */
export type BlobVersion = Pick<ListedBlob, 'name' | 'etag'>

interface Receipt {
  readonly etag: string
  readonly attempts: number
  readonly isDone: boolean
}

/** What one function has done with the newest version of each blob that it has seen, kept in a SQLite file. */
export class BlobReceipts {
  readonly #database: DatabaseSync
  readonly #receipts = new Map<string, Receipt>()

  /** @throws {Error} when the file cannot be used. */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true })
    this.#database = openSqlite(file)
    this.#database.exec(
      'PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS receipts (name TEXT PRIMARY KEY, etag TEXT NOT NULL, attempts INTEGER NOT NULL, done INTEGER NOT NULL)',
    )
    for (const row of this.#database.prepare('SELECT * FROM receipts').all()) {
      const receipt = { etag: String(row.etag), attempts: Number(row.attempts), isDone: row.done === 1 }
      this.#receipts.set(String(row.name), receipt)
    }
  }

  /** Whether nothing is left to do for this version. */
  isDone({ name, etag }: BlobVersion): boolean {
    const receipt = this.#receipts.get(name)
    return receipt?.etag === etag && receipt.isDone
  }

  /** Notes that the function is about to run; gives the number of the try, 1 for the first. On disk before it returns. */
  begin({ name, etag }: BlobVersion): number {
    const receipt = this.#receipts.get(name)
    const attempts = receipt?.etag === etag ? receipt.attempts + 1 : 1
    this.#write(name, { etag, attempts, isDone: false })
    return attempts
  }

  /** Notes that this version needs no further try. */
  finish({ name, etag }: BlobVersion): void {
    this.#write(name, { etag, attempts: 0, isDone: true })
  }

  close(): void {
    this.#database.close()
  }

  #write(name: string, { etag, attempts, isDone }: Receipt): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO receipts (name, etag, attempts, done) VALUES (?, ?, ?, ?)')
      .run(name, etag, attempts, isDone ? 1 : 0)
    this.#receipts.set(name, { etag, attempts, isDone })
  }
}
