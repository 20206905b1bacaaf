import { join } from 'node:path'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { GroupCommit, type JobOptions } from '../../../core/group-commit.js'
import { prepareTransactions } from '../../../core/transactions.js'
import { WriteAheadLog } from '../../../core/write-ahead-log.js'
import { EntityTable, toEntityRecord } from './entity-table.js'
import { HostTable } from './host-table.js'
import type { BatchMessage, Claim, ClaimedBatch, Message, MessageKind, StoredMessage } from './hub-message.js'
import { InstanceTable } from './instance-table.js'
import {
  type PatientReads,
  type Prepared,
  preparePatientReads,
  prepareStatements,
} from './prepare-statements.js'
import { openTaskHubDatabase } from './task-hub-schema.js'
import { hubReads, hubStatements } from './task-hub-statements.js'

/** As they stand in the column that says of operations whether they are signals. */
const lockCodes = { acquire: 2, release: 3 } as const

/** Later than any time. */
const never = Number.MAX_SAFE_INTEGER

/**
 * The task hub: one SQLite file that several host processes may share. Messages for one instance, whether it is an entity, an
 * orchestration or a call of an activity, make up its mailbox; who has taken that holds a claim, and alone handles them.
 * Methods that change something or are about a claim belong inside {@link TaskHub.run}; those that start with `read` may
 * also be called outside and see what is committed.
 */
export class TaskHub {
  readonly #database: DatabaseSync
  readonly #disk: WriteAheadLog
  readonly #commits: GroupCommit
  readonly #sql: Prepared<typeof hubStatements>
  readonly #reads: PatientReads<typeof hubReads>
  readonly entities: EntityTable
  readonly hosts: HostTable
  readonly instances: InstanceTable
  #dataVersion: unknown

  private constructor(database: DatabaseSync, disk: WriteAheadLog) {
    this.#database = database
    this.#disk = disk
    this.#commits = new GroupCommit(prepareTransactions(database), { flush: () => disk.flush() })
    this.#sql = prepareStatements(database, hubStatements)
    this.#reads = preparePatientReads(database, hubReads)
    this.entities = new EntityTable(database)
    this.hosts = new HostTable(database)
    this.instances = new InstanceTable(database)
    this.#dataVersion = this.#reads.dataVersion.get()?.data_version
  }

  /** Opens `<dataDir>/<hubName>.taskhub.db`, made when absent. @throws {AgentError} when it cannot be used; names the file. */
  static open(dataDir: string, hubName: string): TaskHub {
    const file = join(dataDir, `${hubName}.taskhub.db`)
    return new TaskHub(openTaskHubDatabase(file), new WriteAheadLog(file))
  }

  /** Resolves with the result of `work` once all that it wrote is on disk; when it throws, nothing that it wrote stays. */
  run<T>(work: () => T, options?: JobOptions): Promise<T> {
    return this.#commits.run(work, options)
  }

  /** Resolves when everything that has been committed so far is on disk. */
  settled(): Promise<void> {
    return this.#commits.settled()
  }

  /** Commits what waits and closes the file. */
  close(): void {
    this.#commits.flush()
    this.#disk.close()
    this.#database.close()
  }

  /** True when another process has committed something since the last call. */
  hasForeignChanges(): boolean {
    const version = this.#reads.dataVersion.get()?.data_version
    const changed = version !== this.#dataVersion
    this.#dataVersion = version
    return changed
  }

  /** Stores a message; with `claim`, also takes its receiver if nobody has it. True when it was taken. */
  post(message: Message, now: number, claim?: Claim): boolean {
    // Visible at any time unless asked otherwise, not from now on: the clocks of two processes differ, and are set back.
    const { target, kind, functionName, visibleAt = 0 } = message
    this.#sql.insertMessage.run(
      target,
      target,
      kind,
      visibleAt,
      message.id,
      message.name,
      message.input,
      message.lock ? lockCodes[message.lock] : message.isSignal ? 1 : 0,
      message.sender,
      message.execution ?? null,
    )
    if (claim === undefined) {
      this.#sql.offerMailbox.run(target, kind, functionName, Math.max(now, visibleAt))
      return false
    }
    return this.#sql.claimMailbox.run(target, kind, functionName, now, claim.host, claim.number).changes > 0
  }

  /**
   * The next messages for a held claim, at most `limit`: of a locked entity only those of the one that holds the lock, and
   * never any beyond one about the lock.
   */
  readBatch(claim: Claim, limit: number, now: number): ClaimedBatch {
    const claimed = this.#sql.readClaimed.get(claim.target)
    const state = toEntityRecord(claimed)
    const { lockedBy } = state
    const rows =
      lockedBy === undefined
        ? this.#sql.nextMessages.all(claim.target, now, limit)
        : this.#sql.nextMessagesFrom.all(claim.target, lockedBy, limit)
    const lockAt = rows.findIndex(({ is_signal }) => Number(is_signal) > 1)
    const taken = lockAt < 0 ? rows : rows.slice(0, Math.max(lockAt, 1))
    const lock = lockAt === 0 ? rows[0] : undefined
    return {
      claim,
      attempts: Number(claimed?.attempts ?? 0),
      state,
      messages: lock ? [] : taken.map(toBatchMessage),
      lastSeq: Number(taken.at(-1)?.seq ?? 0),
      readAt: now,
      ...(lock && {
        lock: {
          ...toBatchMessage(lock),
          request: Number(lock.is_signal) === lockCodes.acquire ? 'acquire' : 'release',
        },
      }),
    }
  }

  /** Every message that `target` may handle now, in order of arrival. */
  readMessages(target: string, now: number): StoredMessage[] {
    return this.#reads.visibleMessages.all(target, now).map((row) => ({
      seq: Number(row.seq),
      id: String(row.id),
      name: String(row.name),
      input: typeof row.input === 'string' ? row.input : null,
      sender: typeof row.sender === 'string' ? row.sender : null,
      execution: typeof row.execution === 'string' ? row.execution : undefined,
    }))
  }

  hasMessages(target: string, now: number): boolean {
    return this.#sql.hasMessages.get(target, now) !== undefined
  }

  hasMessagesFrom(target: string, sender: string): boolean {
    return this.#sql.nextMessagesFrom.get(target, sender, 1) !== undefined
  }

  /** Removes exactly the messages of a batch. */
  consume({ claim, lastSeq, readAt, state }: ClaimedBatch): void {
    if (state.lockedBy === undefined) this.#sql.deleteMessages.run(claim.target, lastSeq, readAt)
    else this.#sql.deleteMessagesFrom.run(claim.target, lastSeq, state.lockedBy)
  }

  /** Removes exactly these messages of `target`. Numbers are given anew, so that another message may have one of theirs by now. */
  consumeMessages(target: string, messages: readonly StoredMessage[]): void {
    for (const { seq, id } of messages) this.#sql.deleteMessageAt.run(target, seq, id)
  }

  /** Removes these messages of `target`, given by their ids, whether they are visible yet or not. */
  dropMessages(target: string, ids: readonly string[]): void {
    if (ids.length > 0) this.#sql.deleteMessagesNamed.run(target, JSON.stringify(ids))
  }

  /** Removes what waits for one execution of `target`. */
  dropMessagesFor(target: string, execution: string): void {
    this.#sql.deleteMessagesFor.run(target, execution)
  }

  /** Removes whatever waits for `target`. */
  dropAllMessages(target: string): void {
    this.#sql.deleteAllMessages.run(target)
  }

  /** Hides everything that `target` could handle now until {@link unpark}. */
  park(target: string, now: number): void {
    this.#sql.parkMessages.run(never, target, now)
  }

  unpark(target: string): void {
    this.#sql.unparkMessages.run(target, never)
  }

  /** Ids of the instances whose mailboxes nobody has taken and that have something to do, longest waiting first. */
  readWaiting(kind: MessageKind, functionNames: readonly string[], now: number, limit: number): string[] {
    const rows = this.#reads.waiting.all(kind, now, JSON.stringify(functionNames), limit)
    return rows.map((row) => String(row.target))
  }

  /** Names of functions that messages wait for and that are not among `functionNames`. */
  readUnknownFunctions(kind: MessageKind, functionNames: readonly string[]): string[] {
    const rows = this.#reads.unknownFunctions.all(kind, JSON.stringify(functionNames))
    return rows.map((row) => String(row.name))
  }

  /** Epoch milliseconds at which the next waiting instance after `now` becomes ready; `undefined` when there is none. */
  readNextReadyAt(kind: MessageKind, now: number): number | undefined {
    const at = this.#reads.nextReadyAt.get(kind, now)?.at
    return typeof at === 'number' ? at : undefined
  }

  /** Takes a waiting instance. False when somebody else was faster. */
  take(claim: Claim, now: number): boolean {
    return this.#sql.takeMailbox.run(claim.host, claim.number, claim.target, now).changes > 0
  }

  isHeld(claim: Claim): boolean {
    return this.#sql.holdsMailbox.get(claim.target, claim.host, claim.number) !== undefined
  }

  /** Goes on with the same instance under a new claim; its failures are forgotten. */
  renew(claim: Claim): void {
    this.#sql.renewMailbox.run(claim.host, claim.number, claim.target)
  }

  /** Ends the work on an instance for which no messages are left. False when there are some: then it is to be released. */
  closeMailbox(target: string): boolean {
    return this.#sql.deleteEmptyMailbox.run(target).changes > 0
  }

  /** Ends the work on an instance that has messages; anybody may take it from the time on that is returned (epoch milliseconds). */
  release(target: string, now: number): number {
    return Number(this.#sql.releaseMailbox.get(now, target)?.ready_at ?? now)
  }

  /** Ends the work on an instance none of whose messages may be handled before another one comes. */
  releaseIdle(target: string): void {
    this.#sql.releaseMailbox.get(never, target)
  }

  /** Gives an instance back after a failure; nobody may take it before `readyAt` (epoch milliseconds). */
  postpone(target: string, readyAt: number): void {
    this.#sql.postponeMailbox.run(readyAt, target)
  }
}

function toBatchMessage(row: Record<string, SQLOutputValue>): BatchMessage {
  return {
    id: String(row.id),
    name: String(row.name),
    input: typeof row.input === 'string' ? row.input : null,
    isSignal: row.is_signal === 1,
    sender: typeof row.sender === 'string' ? row.sender : null,
  }
}
