import { close, existsSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'

/** How a file gets to disk. */
export interface Disk {
  /** Blocks until it is there. */
  flushNow(file: number): void
  /** Flushes on another thread. */
  flush(file: number): Promise<void>
  /** Whether a file stands where it was opened. */
  has(path: string): boolean
  /** Milliseconds since some moment. */
  now(): number
}

export interface WriteAheadLogOptions {
  /** Waits for a quick disk instead of leaving it to another thread: for those who can do nothing else meanwhile. @default false */
  readonly blocks?: boolean
  /** @default this machine's */
  readonly disk?: Disk
}

/** A flush that takes no longer costs less than handing it to another thread and being woken up by it. */
const quickMs = 1

/** Two calls within this time are signs of more, which can share what another thread does meanwhile. */
const quietMs = 2

/** How long a disk that was slow is left to the other thread before it is tried again. */
const slowMs = 200

/** How often to look whether somebody has deleted the file. */
const lookEveryMs = 1000

/**
 * Flushes a SQLite file's write-ahead log to disk. SQLite's own `synchronous = FULL` does the same after each commit, but
 * stops the whole process meanwhile (sqlite.org/pragma.html#pragma_synchronous): a connection with `NORMAL` and a flush
 * after the commit is as durable, and everything else goes on.
 */
export class WriteAheadLog {
  readonly #path: string
  readonly #databasePath: string
  readonly #disk: Disk
  readonly #blocks: boolean
  #file: number | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #calledAt = Number.NEGATIVE_INFINITY
  #slowUntil = Number.NEGATIVE_INFINITY
  #foundAt = Number.NEGATIVE_INFINITY

  /** @param path the database's file, which has to stay open for as long as this. */
  constructor(path: string, { blocks = false, disk = systemDisk }: WriteAheadLogOptions = {}) {
    this.#path = `${path}-wal`
    this.#databasePath = path
    this.#disk = disk
    this.#blocks = blocks
  }

  /**
   * Resolves when everything that was committed before this call is on disk; calls that wait for a flush to end share the
   * next one. @throws {Error} when the disk fails, and from a second at most after the file or the database was deleted: a
   * process that has them open could go on with them, and all of that would be gone with the process.
   */
  flush(): Promise<void> {
    const isQuiet = this.#noteCall()
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return isQuiet ? this.#flushNow() : this.#start()
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

  /** True when neither many callers nor the disk's slowness speak for another thread. */
  #noteCall(): boolean {
    const now = this.#disk.now()
    const isQuiet = this.#blocks && now - this.#calledAt > quietMs && now > this.#slowUntil
    this.#calledAt = now
    return isQuiet
  }

  async #flushNow(): Promise<void> {
    this.#disk.flushNow(this.#open())
    const endedAt = this.#disk.now()
    if (endedAt - this.#calledAt > quickMs) this.#slowUntil = endedAt + slowMs
  }

  #start(): Promise<void> {
    const flushed = this.#flush().finally(() => {
      if (this.#running === flushed) this.#running = undefined
    })
    this.#running = flushed
    return flushed
  }

  async #flush(): Promise<void> {
    await this.#disk.flush(this.#open())
  }

  /** SQLite makes the file with the first write, and keeps it until its last connection closes. */
  #open(): number {
    this.#file ??= openSync(this.#path, 'r+')
    this.#refuseDeleted()
    return this.#file
  }

  #refuseDeleted(): void {
    const now = this.#disk.now()
    if (now - this.#foundAt < lookEveryMs) return
    const deleted = [this.#databasePath, this.#path].find((path) => !this.#disk.has(path))
    if (deleted !== undefined) {
      throw new Error(`${deleted} was deleted while this process was using it; start the process again`)
    }
    this.#foundAt = now
  }
}

const systemDisk: Disk = {
  flushNow: fdatasyncSync,
  flush: (file) =>
    new Promise((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)))
    }),
  has: existsSync,
  now: () => performance.now(),
}
