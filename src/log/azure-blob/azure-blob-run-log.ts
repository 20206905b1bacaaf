import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { type Clock, systemClock } from '../../core/clock.js'
import type { Attachment } from '../../run/attachment.js'
import { type ControlRecord, isWaking } from '../../run/control.js'
import type { RunEvent, RunRequest, StoredEvent } from '../../run/events.js'
import { type RunIndex, toIndex } from '../../run/run-index.js'
import type {
  Creation,
  EndedRunsQuery,
  ParkedQuery,
  ParkedRun,
  RunKey,
  RunLog,
  RunSummary,
  SessionKey,
  SessionQuery,
  SessionSummary,
  StalledQuery,
} from '../../run/run-log.js'
import { createMissingRunError, ignoreUnavailable } from '../run-errors.js'
import type { AzureBlobConnection } from './connection.js'
import { AzureBlobContainer } from './container.js'
import { AzureBlobControls } from './controls.js'
import { AzureBlobCreation } from './creation.js'
import { deleteEndedBefore, deleteEndedRuns, deleteSession } from './deletion.js'
import { AzureBlobFollowers } from './followers.js'
import { AzureBlobLogs } from './logs.js'
import { toAttachmentName, toSegmentName } from './names.js'
import { isEnded, type LogPosition } from './position.js'
import { AzureBlobIndex } from './run-index.js'
import { AzureBlobSessions } from './sessions.js'

/** Which storage account, and how the log behaves in it. */
export type AzureBlobRunLogOptions = AzureBlobConnection & {
  /** Made when absent. @default 'durable-agent-runs' */
  readonly container?: string | undefined
  /** How often to look for what other processes wrote to a run, while somebody follows it. @default 150 */
  readonly pollIntervalMs?: number | undefined
  /** How often to look for wishes that other processes filed about a run, while somebody watches for them. @default 1000 */
  readonly controlPollIntervalMs?: number | undefined
  /** How long a request may take, in ms, before it is sent once more on another connection. @default 15,000 */
  readonly requestTimeoutMs?: number | undefined
  /** After so many appends a log goes on in another blob; at most 50,000. @default 49,000 */
  readonly maxSegmentBlocks?: number | undefined
  /** From this size on a log goes on in another blob. @default 134,217,728 */
  readonly maxSegmentBytes?: number | undefined
  /** Gives events their times. @default the machine's */
  readonly clock?: Clock | undefined
}

const optionNames: OptionNames<AzureBlobRunLogOptions> = {
  connectionString: true,
  accountUrl: true,
  credential: true,
  managedIdentityClientId: true,
  container: true,
  pollIntervalMs: true,
  controlPollIntervalMs: true,
  requestTimeoutMs: true,
  maxSegmentBlocks: true,
  maxSegmentBytes: true,
  clock: true,
}

/**
 * A run log in a storage account, which several machines may share: what apps in Azure use, in the account they have anyway.
 * Each run is an append blob with one JSON line per event. An append states the position and the ETag that it expects,
 * so that of two executors one is refused. What is acknowledged has been written as durably as the account replicates.
 *
 * Calls to the storage account, beside one that makes the container when a process starts:
 *
 * | | writes | reads | round trips |
 * |---|---|---|---|
 * | accepting a run | 4; 5 if it is the session's first | 1 | 4; 5 |
 * | accepting a run that is not to wait (`onBusy: 'reject'`) | 6 | 4 and a list | 10 |
 * | an append | 1; 2 if the run begins to wait or stops waiting | 0; 1 if another process wrote last | 1; 2 |
 * | the append that ends a run | 4 and a deletion | 1 | 3, of which followers wait for 1 |
 * | finding a session's runs that are open or ended lately | 2 (lists) | 1 per open run | 2 |
 * | finding runs that stand still | 1 (a list), also when none is open | 2 per run that may | |
 * | following a run from another process | | 1 per `pollIntervalMs`, empty while nothing is new | |
 * | watching for wishes | | 1 per `controlPollIntervalMs`, empty while nothing is new | |
 *
 * Needs append blobs, which premium block blob accounts do not have.
 * Source: Azure Storage REST API, "Append Block" (`x-ms-blob-condition-appendpos`), "Put Blob", "List Blobs".
 */
export class AzureBlobRunLog implements RunLog {
  readonly deltaDelayMs = 150
  readonly #container: AzureBlobContainer
  readonly #logs: AzureBlobLogs
  readonly #index: AzureBlobIndex
  readonly #sessions: AzureBlobSessions
  readonly #creation: AzureBlobCreation
  readonly #controls: AzureBlobControls
  readonly #followers: AzureBlobFollowers
  readonly #clock: Clock

  /** Sends nothing yet. @throws {AgentError} `invalid_configuration` when the connection, or the container's name, cannot be one, or for options that there are not. */
  constructor(options: AzureBlobRunLogOptions) {
    checkOptions('AzureBlobRunLog', options, optionNames)
    const { container = 'durable-agent-runs', pollIntervalMs = 150, controlPollIntervalMs = 1_000 } = options
    const { maxSegmentBlocks = 49_000, maxSegmentBytes = 128 * 1024 * 1024, clock = systemClock } = options
    const { requestTimeoutMs = 15_000 } = options
    this.#clock = clock
    this.#container = new AzureBlobContainer(options, { name: container, requestTimeoutMs })
    this.#logs = new AzureBlobLogs(this.#container, { maxSegmentBlocks, maxSegmentBytes, clock })
    this.#index = new AzureBlobIndex(this.#container, this.#logs, clock)
    this.#sessions = new AzureBlobSessions(this.#container)
    this.#creation = new AzureBlobCreation({ ...this.#parts, logs: this.#logs, clock })
    this.#controls = new AzureBlobControls(this.#container)
    const intervals = { pollIntervalMs, controlPollIntervalMs }
    this.#followers = new AzureBlobFollowers(this.#logs, this.#controls, intervals)
  }

  create(key: RunKey, request: RunRequest, attachments: readonly Attachment[] = []): Promise<Creation> {
    return this.#creation.create(key, request, attachments)
  }

  async flush(): Promise<void> {
    // Azure Storage acknowledges what it has stored.
  }

  async readAttachment(key: RunKey, digest: string): Promise<string | undefined> {
    const read = await this.#container.read(toAttachmentName(key, digest))
    return typeof read === 'string' ? undefined : read.bytes.toString()
  }

  async append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<number> {
    const before = await this.#logs.positionAt(key, expected)
    const index = events.reduce(toIndex, before.index)
    // Before the log says so: a run that is marked as open is looked at, one that is marked as parked may rest for ever.
    if (before.index.status === 'parked' && index.status === 'open')
      await this.#index.mark(key, before.acceptedAt, index)
    const after = await this.#logs.append(key, expected, events)
    this.#followers.notify(key)
    // Entries that cannot be written now are put right by whoever looks for the run.
    await this.#file(key, before.index, after).catch(ignoreUnavailable)
    return expected + events.length
  }

  async #file(key: RunKey, before: RunIndex, after: LogPosition): Promise<void> {
    if (isEnded(after)) await Promise.all([this.#index.end(key, after), this.#touch(key)])
    else if (after.index !== before && after.index.status === 'parked')
      await this.#index.mark(key, after.acceptedAt, after.index)
  }

  async #touch(key: SessionKey): Promise<void> {
    const session = await this.#sessions.read(key)
    if (session !== undefined) await this.#sessions.touch(session, this.#clock.now())
  }

  async read(key: RunKey, after = -1): Promise<readonly StoredEvent[]> {
    return (await this.#logs.read(key)).slice(after + 1)
  }

  follow(key: RunKey, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]> {
    return this.#followers.follow(key, after, signal)
  }

  runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]> {
    return this.#index.runsAfter(key, turn)
  }

  scheduled(key: SessionKey): Promise<readonly string[]> {
    return this.#index.scheduled(key)
  }

  runsUpTo(key: SessionKey, turn: number, limit: number): Promise<readonly RunSummary[]> {
    return this.#index.runsUpTo(key, turn, limit)
  }

  async session(key: SessionKey): Promise<SessionSummary | undefined> {
    return (await this.#sessions.read(key))?.summary
  }

  sessions(agent: string, query: SessionQuery): Promise<readonly SessionSummary[]> {
    return this.#sessions.newest(agent, query)
  }

  async deleteSession(key: SessionKey, before: number): Promise<void> {
    await deleteSession(this.#parts, key, before)
    this.#followers.notifyAll()
  }

  async deleteEndedRuns(key: SessionKey, which: EndedRunsQuery): Promise<void> {
    await deleteEndedRuns(this.#parts, key, which)
    this.#followers.notifyAll()
  }

  async deleteEndedBefore(before: number, limit: number): Promise<number> {
    const deleted = await deleteEndedBefore(this.#parts, before, limit)
    this.#followers.notifyAll()
    return deleted
  }

  async control(key: RunKey, record: ControlRecord): Promise<boolean> {
    if (!(await this.#isThere(key))) throw createMissingRunError(key)
    const makeDue = async () => isWaking(record) && (await this.#index.makeDue(key, this.#clock.now()))
    // First, as a crash may come between: one that is waked for nothing waits again.
    const isDue = await makeDue()
    const isFirst = await this.#controls.file(key, record)
    if (!(await this.#isThere(key))) {
      // It was deleted meanwhile, and the next run of its name must not find this wish.
      await this.#controls.forget(key)
      throw createMissingRunError(key)
    }
    // It may have come to wait meanwhile.
    if (isFirst && !isDue) await makeDue()
    this.#followers.notifyControls(key)
    return isFirst
  }

  async controls(key: RunKey): Promise<readonly ControlRecord[]> {
    return (await this.#controls.read(key)).records
  }

  watchControls(key: RunKey, signal: AbortSignal): AsyncIterable<readonly ControlRecord[]> {
    return this.#followers.watchControls(key, signal)
  }

  stalled(query: StalledQuery): Promise<readonly RunKey[]> {
    return this.#index.stalled(query)
  }

  parked(query: ParkedQuery): Promise<readonly ParkedRun[]> {
    return this.#index.parked(query)
  }

  idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    return this.#sessions.idle(agent, before, limit)
  }

  /** Writes a small blob. @throws {AgentError} `store_unavailable` saying why it cannot. */
  async probe(): Promise<void> {
    await this.#container.replace('probe', '', {})
  }

  async close(): Promise<void> {
    this.#followers.close()
  }

  async #isThere(key: RunKey): Promise<boolean> {
    return (await this.#container.properties(toSegmentName(key, 0))) !== undefined
  }

  get #parts() {
    return { container: this.#container, index: this.#index, sessions: this.#sessions }
  }
}
