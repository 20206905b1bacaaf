import type { StoredEvent } from '../../run/events.js'
import { type RunIndex, toIndex } from '../../run/run-index.js'
import type { RunKey } from '../../run/run-log.js'
import type { AzureBlobContainer, BlobContent } from './container.js'
import { parseLogLines } from './lines.js'
import { toSegmentName } from './names.js'

/** How far a log has been read, and what its index is there. Never changed, only replaced. */
export interface LogPosition {
  readonly segment: number
  /** Bytes read of the segment. */
  readonly bytes: number
  /** The segment as it was then; `undefined` when there was none. */
  readonly etag: string | undefined
  /** Tells the log from one that was made in its place: all of its segments have it. */
  readonly birth: string | undefined
  /** Blocks in the segment. */
  readonly blocks: number
  /** The id of the next event. */
  readonly next: number
  readonly index: RunIndex
  readonly acceptedAt: number
  /** When the newest event was written; ms since 1970. */
  readonly lastAt: number
}

/** Before the first event. */
export const logStart: LogPosition = {
  segment: 0,
  bytes: 0,
  etag: undefined,
  birth: undefined,
  blocks: 0,
  next: 0,
  index: { turn: 0, status: 'open', dueAt: undefined },
  acceptedAt: 0,
  lastAt: 0,
}

/** What reading on found. */
export interface LogReading {
  readonly position: LogPosition
  readonly events: readonly StoredEvent[]
  /** True when the log was made anew since, so that the events are all of them. */
  readonly isNew: boolean
}

/** The position after some more events of the same segment. */
export function advancePosition(
  position: LogPosition,
  events: readonly StoredEvent[],
  segment: Pick<LogPosition, 'bytes' | 'etag' | 'birth' | 'blocks'>,
): LogPosition {
  const { acceptedAt, lastAt } = position
  return {
    ...position,
    ...segment,
    next: position.next + events.length,
    index: events.reduce(toIndex, position.index),
    acceptedAt: position.next === 0 ? (events[0]?.at ?? acceptedAt) : acceptedAt,
    lastAt: events.at(-1)?.at ?? lastAt,
  }
}

/** The start of the segment after a sealed one. */
export function toNextSegment(position: LogPosition): LogPosition {
  return { ...position, segment: position.segment + 1, bytes: 0, etag: undefined, blocks: 0 }
}

/** Whether the newest event ended the run. */
export function isEnded({ index }: LogPosition): boolean {
  return index.status === 'ended'
}

/**
 * Reads a log on from a position, over as many segments as there are: one call when nothing is new.
 * `undefined` when there is no such log any more.
 */
export async function readOn(
  container: AzureBlobContainer,
  key: RunKey,
  from: LogPosition,
): Promise<LogReading | undefined> {
  const events: StoredEvent[] = []
  for (let position = from; ; ) {
    const name = toSegmentName(key, position.segment)
    const read = await container.read(name, position.bytes, position.etag)
    if (read === 'unchanged') return { position, events, isNew: false }
    if (read === 'missing' && position.segment === 0) return undefined
    if (read === 'missing' && (await isSameLog(container, key, position)))
      return { position, events, isNew: false }
    if (typeof read === 'string' || isReplaced(position, read)) return readAnew(container, key)
    const parsed = parseLogLines(read.bytes, { name, next: position.next })
    // One by one: there may be more of them than a call may have arguments.
    for (const event of parsed.events) events.push(event)
    position = advancePosition(position, parsed.events, toSegment(position, read))
    if (!parsed.isSealed) return { position, events, isNew: false }
    position = toNextSegment(position)
  }
}

async function readAnew(container: AzureBlobContainer, key: RunKey): Promise<LogReading | undefined> {
  const reading = await readOn(container, key, logStart)
  return reading && { ...reading, isNew: true }
}

/** Whether a segment is missing because nobody has begun it yet. */
async function isSameLog(
  container: AzureBlobContainer,
  key: RunKey,
  { etag, birth }: LogPosition,
): Promise<boolean> {
  const first = etag === undefined ? await container.properties(toSegmentName(key, 0)) : undefined
  return first?.metadata.birth === birth && birth !== undefined
}

function isReplaced({ birth }: LogPosition, { metadata }: BlobContent): boolean {
  return birth !== undefined && birth !== metadata.birth
}

function toSegment({ bytes }: LogPosition, read: BlobContent) {
  return {
    bytes: bytes + read.bytes.length,
    etag: read.etag,
    birth: read.metadata.birth,
    blocks: read.blocks,
  }
}
