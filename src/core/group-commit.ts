import { isBusy } from './sqlite.js'
import type { Transactions } from './transactions.js'

/** From so many jobs in one commit on, the next commit waits a moment for more to share its flush. */
const busyJobs = 4
const gatherMs = 1
/** After a commit of a single job and so long without another there is nothing to gather. */
const quietMs = 0.5
/** How soon to try again when another process is writing. */
const lockRetryMs = 1

export interface GroupCommitOptions {
  /** Brings to disk what has been committed. @default the database does so by itself with each commit */
  readonly flush?: (() => Promise<void>) | undefined
  /** Commits at the end of every turn at the latest, never waiting for more: for callers that do one thing after the other. @default false */
  readonly eager?: boolean | undefined
  /**
   * How long work waits for another process that is writing, on top of the connection's own `busy_timeout`. That one
   * blocks the event loop, so where processes share a file it is better 0 and this wait does the rest. @default 5000
   */
  readonly lockWaitMs?: number | undefined
}

export interface JobOptions {
  /**
   * Commits without waiting for the disk. A killed process loses nothing of it, but a machine that loses power may, together
   * with all that was committed after the last flush: for what will then be done again by itself. @default false
   */
  readonly lazy?: boolean | undefined
}

interface Job {
  readonly work: () => unknown
  readonly lazy: boolean
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** A job whose transaction is committed, and how to tell whoever waits for it. */
interface Settlement extends Pick<Job, 'lazy' | 'reject'> {
  readonly done: () => void
}

/**
 * Runs pieces of synchronous database work, each as if in a transaction of its own, but commits those that arrive
 * together, in one turn of the event loop or longer, at once: with one disk flush for all of them. A promise resolves
 * only after its commit.
 */
export class GroupCommit {
  readonly #transactions: Transactions
  #queue: Job[] = []
  #scheduled = false
  #busy = false
  /** When there was a commit last, and for how many jobs: of `performance.now()`. */
  #last = { at: Number.NEGATIVE_INFINITY, jobs: 0 }
  #lockedSince: number | undefined
  /** The flush that covers all commits so far; `undefined` when there has been none since the last commit. */
  #settled: Promise<void> | undefined
  readonly #flushDisk: GroupCommitOptions['flush']
  readonly #eager: boolean
  readonly #lockWaitMs: number

  constructor(transactions: Transactions, options: GroupCommitOptions = {}) {
    const { eager = false, lockWaitMs = 5000 } = options
    this.#transactions = transactions
    this.#flushDisk = options.flush
    this.#eager = eager
    this.#lockWaitMs = lockWaitMs
  }

  /** Resolves with what `work` returned, once that is on disk (see {@link JobOptions.lazy}). When `work` throws, only its own writes are undone. */
  run<T>(work: () => T, { lazy = false }: JobOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, lazy, resolve, reject })
      if (!this.#scheduled) this.#schedule()
    })
  }

  /** Resolves when everything that has been committed so far is on disk. */
  settled(): Promise<void> {
    if (this.#settled !== undefined) return this.#settled
    const settled = this.#flushDisk?.() ?? Promise.resolve()
    this.#settled = settled
    settled.catch(() => {
      if (this.#settled === settled) this.#settled = undefined
    })
    return settled
  }

  /** Commits what is waiting now instead of at the end of this turn. */
  flush(): void {
    this.#scheduled = false
    const jobs = this.#queue
    this.#queue = []
    this.#busy = !this.#eager && jobs.length >= busyJobs
    this.#last = { at: performance.now(), jobs: jobs.length }
    if (jobs.length > 0 && this.#begin(jobs)) this.#commit(jobs)
  }

  /** The more there is to do, the longer it is gathered. */
  #schedule(): void {
    this.#scheduled = true
    const flush = () => this.flush()
    if (this.#busy) setTimeout(flush, gatherMs)
    else if (this.#isQuiet()) queueMicrotask(flush)
    else setImmediate(flush)
  }

  #isQuiet(): boolean {
    const { at, jobs } = this.#last
    return jobs <= 1 && performance.now() - at > quietMs
  }

  #begin(jobs: readonly Job[]): boolean {
    try {
      this.#transactions.begin()
      this.#lockedSince = undefined
      return true
    } catch (error) {
      if (isBusy(error) && this.#mayWait()) this.#putBack(jobs)
      else for (const job of jobs) job.reject(error)
      return false
    }
  }

  #mayWait(): boolean {
    const now = performance.now()
    this.#lockedSince ??= now
    if (now - this.#lockedSince < this.#lockWaitMs) return true
    this.#lockedSince = undefined
    return false
  }

  #putBack(jobs: readonly Job[]): void {
    this.#queue = [...jobs, ...this.#queue]
    if (this.#scheduled) return
    this.#scheduled = true
    setTimeout(() => this.flush(), lockRetryMs)
  }

  #commit(jobs: readonly Job[]): void {
    const settle: Settlement[] = []
    try {
      for (const job of jobs) settle.push(jobs.length === 1 ? perform(job) : this.#attempt(job))
      this.#transactions.commit()
      this.#settled = undefined
    } catch (error) {
      this.#rollback()
      for (const job of jobs) job.reject(error)
      return
    }
    this.#settle(settle)
  }

  /** SQLite keeps the order of commits in its log, so that what is not flushed is lost from the end only (sqlite.org/wal.html). */
  #settle(settlements: readonly Settlement[]): void {
    const waits = this.#flushDisk !== undefined && settlements.some(({ lazy }) => !lazy)
    const flushed = waits ? this.settled() : undefined
    for (const { done, reject, lazy } of settlements) {
      if (lazy || flushed === undefined) done()
      else flushed.then(done, reject)
    }
  }

  #attempt(job: Job): Settlement {
    this.#transactions.beginPart()
    try {
      const settlement = perform(job)
      this.#transactions.endPart()
      return settlement
    } catch (error) {
      this.#undoJob(error)
      return { ...job, lazy: true, done: () => job.reject(error) }
    }
  }

  /** A full disk makes SQLite undo the whole transaction at once; then `cause` says why, not the missing part. */
  #undoJob(cause: unknown): void {
    try {
      this.#transactions.undoPart()
    } catch {
      throw cause
    }
  }

  #rollback(): void {
    try {
      this.#transactions.rollback()
    } catch {
      // SQLite has rolled it back itself: there is nothing left to undo.
    }
  }
}

/** A job that is alone in its transaction needs no more than this: should it throw, all is rolled back. */
function perform(job: Job): Settlement {
  const value = job.work() as never
  return { ...job, done: () => job.resolve(value) }
}
