import { close, fdatasync, openSync } from 'node:fs'

/**
 * Flushes a SQLite file's write-ahead log to disk, off the event loop. SQLite's own `synchronous = FULL` does the same
 * after each commit, but stops the whole process meanwhile (sqlite.org/pragma.html#pragma_synchronous): a connection
 * with `NORMAL` and a flush after the commit is as durable, and everything else goes on.
 */
export class WriteAheadLog {
  readonly #path: string
  #file: number | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param path the database's file, which has to stay open for as long as this. */
  constructor(path: string) {
    this.#path = `${path}-wal`
  }

  /** Resolves when everything that was committed before this call is on disk; calls that wait for a flush to end share the next one. */
  flush(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#start()
    const start = () => {
      this.#next = undefined
      return this.#start()
    }
    this.#next = this.#running.then(start, start)
    return this.#next
  }

  /** Lets go of the file, once the flushes under way have ended. */
  close(): void {
    const end = () => {
      if (this.#file !== undefined) close(this.#file)
      this.#file = undefined
    }
    const last = this.#next ?? this.#running
    if (last === undefined) end()
    else last.then(end, end)
  }

  #start(): Promise<void> {
    const flushed = this.#sync().finally(() => {
      if (this.#running === flushed) this.#running = undefined
    })
    this.#running = flushed
    return flushed
  }

  async #sync(): Promise<void> {
    // SQLite makes the file with the first write, and keeps it until its last connection closes.
    this.#file ??= openSync(this.#path, 'r+')
    const file = this.#file
    await new Promise<void>((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)))
    })
  }
}
