import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { AgentError, toErrorMessage } from '../core/errors.js'
import { isBusy, openSqlite } from '../core/sqlite.js'

/**
 * The right to do something, e.g. to run a timer, which one process at a time can hold. It is the exclusive lock on an empty SQLite file: the system
 * gives it free the moment its holder dies, however that happens, so that there is no lease to renew or to wait for.
 * Not for network drives.
 */
export class ProcessLock {
  readonly #file: string
  #database: DatabaseSync | undefined
  #isHeld = false

  constructor(file: string) {
    this.#file = file
  }

  /** True when it is held now, taken just before or earlier. @throws {AgentError} `store_unavailable` when the file cannot be used. */
  tryTake(): boolean {
    try {
      if (!this.#isHeld) this.#open().exec('BEGIN EXCLUSIVE')
      this.#isHeld = true
      return true
    } catch (cause) {
      if (isBusy(cause)) return false
      const message = `Cannot use the lock file '${this.#file}': ${toErrorMessage(cause)}.`
      throw new AgentError('store_unavailable', message, { cause })
    }
  }

  /** Gives it back when it is held. */
  release(): void {
    this.#database?.close()
    this.#database = undefined
    this.#isHeld = false
  }

  #open(): DatabaseSync {
    if (this.#database !== undefined) return this.#database
    mkdirSync(dirname(this.#file), { recursive: true })
    this.#database = openSqlite(this.#file)
    this.#database.exec('PRAGMA busy_timeout = 0')
    return this.#database
  }
}
