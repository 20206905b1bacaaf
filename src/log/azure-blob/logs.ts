import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { RunEvent, RunRequest, StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import { createFencedError } from '../run-errors.js'
import type { AzureBlobContainer } from './container.js'
import { type LogBlock, seal, toLogBlock } from './lines.js'
import { toKeyMetadata } from './metadata.js'
import { toSegmentName } from './names.js'
import { advancePosition, type LogPosition, logStart, readOn, toNextSegment } from './position.js'
import { RunTail } from './tail.js'

export interface AzureBlobLogsOptions {
  /** Blocks per append blob; the service allows 50,000. */
  readonly maxSegmentBlocks: number
  /** From this size on a log goes on in another blob. */
  readonly maxSegmentBytes: number
  /** Gives events their times. */
  readonly clock: Clock
}

/** So many runs' positions are remembered; a run that is not costs one more call. */
const maxTails = 1_000
/** A write is tried again when the log was found as expected although a write to it was refused. */
const maxTries = 5

/** The logs of runs as append blobs: create, fenced append, read. */
export class AzureBlobLogs {
  readonly #container: AzureBlobContainer
  readonly #options: AzureBlobLogsOptions
  readonly #tails = new Map<string, RunTail>()

  constructor(container: AzureBlobContainer, options: AzureBlobLogsOptions) {
    this.#container = container
    this.#options = options
  }

  /** What this process knows of a run's log, which may be nothing yet. */
  tail(key: RunKey): RunTail {
    const name = toSegmentName(key, 0)
    const tail = this.#tails.get(name) ?? new RunTail(this.#container, key)
    this.#tails.delete(name)
    this.#tails.set(name, tail)
    if (this.#tails.size > maxTails) this.#forgetOldest()
    return tail
  }

  #forgetOldest(): void {
    for (const [name, tail] of this.#tails) {
      if (tail.isFollowed) continue
      this.#tails.delete(name)
      return
    }
  }

  /** Writes event 0, unless there is one; false then. */
  async create(key: RunKey, request: RunRequest, at: number): Promise<boolean> {
    const tail = this.tail(key)
    const block = createBlock([{ type: 'run.accepted', data: request }], 0, at)
    const birth = createToken()
    const metadata = { ...toKeyMetadata(key), accepted: String(at), birth }
    for (let tries = 0; tries < maxTries; tries += 1) {
      const etag = await this.#container.createAppendBlob(toSegmentName(key, 0), metadata)
      if (etag === undefined) await tail.refresh()
      else tail.restart({ ...logStart, etag, birth })
      const { position } = tail
      if (position.next > 0) return false
      // An empty log is what a creation leaves behind that was cut off.
      const outcome = tail.isMissing ? 'missing' : await this.#write(tail, position, block)
      if (typeof outcome !== 'string') return true
    }
    throw busy(key)
  }

  /** Where the log stands if it ends at `expected`. @throws {FencedError} when it does not. */
  async positionAt(key: RunKey, expected: number): Promise<LogPosition> {
    const tail = this.tail(key)
    if (tail.position.next !== expected) await tail.refresh()
    if (tail.isMissing || tail.position.next !== expected) {
      const next = tail.isMissing ? undefined : tail.position.next
      throw createFencedError(key, { expected, next })
    }
    return tail.position
  }

  /** See `RunLog.append`; gives where the log stands then. */
  async append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<LogPosition> {
    const tail = this.tail(key)
    const block = createBlock(events, expected, this.#options.clock.now())
    for (let tries = 0; tries < maxTries; tries += 1) {
      const position = await this.positionAt(key, expected)
      if (position.etag === undefined) {
        await this.#beginSegment(tail, position)
        continue
      }
      const outcome = await this.#write(tail, position, block)
      if (outcome === 'missing') throw createFencedError(key, { expected, next: undefined })
      if (outcome === 'refused') continue
      // Whoever began to follow meanwhile is reading the log from its start, and may have missed this.
      if (tail.isFollowed && tail.position.next < outcome.next) await tail.refresh()
      return outcome
    }
    throw busy(key)
  }

  /** All events, from the service. */
  async read(key: RunKey): Promise<readonly StoredEvent[]> {
    const tail = this.tail(key)
    const before = tail.position
    const reading = await readOn(this.#container, key, logStart)
    if (reading === undefined) return []
    // So that whoever reads a run in order to go on with it can append without a look at where it ends.
    if (!tail.isFollowed) tail.advance(before, reading.position, reading.events)
    return reading.events
  }

  async #beginSegment(tail: RunTail, position: LogPosition): Promise<void> {
    const { key } = tail
    const { birth = '' } = position
    const name = toSegmentName(key, position.segment)
    const etag = await this.#container.createAppendBlob(name, { ...toKeyMetadata(key), birth })
    const first = etag === undefined ? undefined : await this.#container.properties(toSegmentName(key, 0))
    if (first?.metadata.birth === birth) return tail.advance(position, { ...position, etag }, [])
    // Begun by another executor, or the run was deleted, and must not be left with a part of a log.
    if (etag !== undefined) await this.#container.remove(name, { ifMatch: etag })
    await tail.refresh()
  }

  /** Appends a block at a position, giving the next one; `refused` when the log went on there with somebody else's. */
  async #write(
    tail: RunTail,
    position: LogPosition,
    block: LogBlock,
  ): Promise<LogPosition | 'refused' | 'missing'> {
    const isFull = this.#isFull(position, block)
    const body = isFull ? Buffer.concat([block.bytes, seal]) : block.bytes
    const name = toSegmentName(tail.key, position.segment)
    const expected = { position: position.bytes, ifMatch: position.etag }
    const appended = await this.#container.appendBlock(name, body, expected)
    if (appended === 'missing') return 'missing'
    if (appended === 'conflict' && !(await this.#isOurs(tail, position, name, body))) return 'refused'
    const { etag, blocks } = appended === 'conflict' ? position : appended
    const segment = { birth: position.birth, bytes: position.bytes + body.length, etag, blocks }
    const inSegment = advancePosition(position, block.events, segment)
    const after = isFull ? toNextSegment(inSegment) : inSegment
    if (appended !== 'conflict') tail.advance(position, after, block.events)
    return after
  }

  /** A refused append may be the second try of one whose answer was lost. */
  async #isOurs(tail: RunTail, position: LogPosition, name: string, body: Buffer): Promise<boolean> {
    const there = await this.#container.read(name, position.bytes)
    await tail.refresh()
    return typeof there !== 'string' && there.bytes.subarray(0, body.length).equals(body)
  }

  #isFull({ blocks, bytes }: LogPosition, block: LogBlock): boolean {
    const { maxSegmentBlocks, maxSegmentBytes } = this.#options
    return blocks + 1 >= maxSegmentBlocks || bytes + block.bytes.length >= maxSegmentBytes
  }
}

function createBlock(events: readonly RunEvent[], first: number, at: number): LogBlock {
  return toLogBlock(events, { first, at, token: createToken() })
}

function createToken(): string {
  return randomBytes(6).toString('base64url')
}

function busy({ run, session }: RunKey): AgentError {
  const message = `The log of run ${run} of session ${session} changes faster than it can be written to.`
  return new AgentError('store_unavailable', message, { retryable: true })
}
