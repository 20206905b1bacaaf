import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import { isInnerRun } from '../../run/inner-run.js'
import type { RunIndex } from '../../run/run-index.js'
import type {
  ParkedQuery,
  ParkedRun,
  RunKey,
  RunSummary,
  SessionKey,
  StalledQuery,
} from '../../run/run-log.js'
import { isScheduledRun } from '../../run/scheduled-run.js'
import type { AzureBlobContainer, BlobItem } from './container.js'
import type { AzureBlobLogs } from './logs.js'
import {
  type EndedRun,
  type Metadata,
  type OpenRun,
  parseEndedRuns,
  parseOpenMetadata,
  toEndedMetadata,
  toOpenMetadata,
} from './metadata.js'
import {
  maxTurn,
  openFolder,
  toEndedName,
  toEndedPrefix,
  toInvertedTurn,
  toOpenName,
  toOpenPrefix,
  toRetiredName,
  toScheduledPrefix,
  toSegmentName,
} from './names.js'
import { isEnded, type LogPosition } from './position.js'

const parallel = 16
const firstPageSize = 20

/**
 * Where runs are found without reading all logs: a marker for each run that has not ended, two entries for each that has.
 * The logs are the truth: what a crash left behind here is put right by whoever comes across it.
 */
export class AzureBlobIndex {
  readonly #container: AzureBlobContainer
  readonly #logs: AzureBlobLogs
  readonly #clock: Clock

  constructor(container: AzureBlobContainer, logs: AzureBlobLogs, clock: Clock) {
    this.#container = container
    this.#clock = clock
    this.#logs = logs
  }

  /** Marks a new run as open. A marker that an earlier run of its name has left is replaced: whoever saw that one must not remove it. */
  async open(key: RunKey, acceptedAt: number): Promise<void> {
    if (hasMarker(key)) await this.#container.replace(toOpenName(key), '', toOpenMark(key, acceptedAt))
  }

  /** Marks a run as open, unless it is marked already. */
  async reopen(key: RunKey, acceptedAt: number): Promise<void> {
    if (hasMarker(key)) await this.#container.put(toOpenName(key), '', toOpenMark(key, acceptedAt))
  }

  /** Whether a run has a marker: it then has been accepted, and has not ended, or ended just now. */
  async isMarked(key: RunKey): Promise<boolean> {
    return (await this.#container.properties(toOpenName(key))) !== undefined
  }

  /** Changes a marker, if there is one. */
  async mark(key: RunKey, acceptedAt: number, { status, dueAt }: RunIndex): Promise<void> {
    if (!hasMarker(key)) return
    await this.#container.setMetadata(toOpenName(key), toOpenMetadata({ key, acceptedAt, status, dueAt }))
  }

  /** Makes a run due if it is parked; false when it is not. */
  async makeDue(key: RunKey, now: number): Promise<boolean> {
    const name = toOpenName(key)
    for (let isDone = false; !isDone; ) {
      const marker = await this.#container.properties(name)
      const run = marker && parseOpenMetadata(marker.metadata)
      if (marker === undefined || run?.status !== 'parked') return false
      const metadata = toOpenMetadata({ ...run, dueAt: now })
      isDone = await this.#container.setMetadata(name, metadata, { ifMatch: marker.etag })
    }
    return true
  }

  /** Files a run under the ended ones; only then its marker goes, so that it is always found in one place at least. */
  async end(key: RunKey, { acceptedAt, lastAt, index, segment, etag }: LogPosition): Promise<EndedRun> {
    const segments = etag === undefined ? segment : segment + 1
    const run = { key, acceptedAt, endedAt: lastAt, turn: index.turn, segments }
    const metadata = toEndedMetadata(run)
    await Promise.all([
      this.#container.put(toEndedName(key, run.turn), '', metadata),
      this.#container.put(toRetiredName(key, run.endedAt), '', metadata),
    ])
    if (hasMarker(key)) await this.#container.remove(toOpenName(key))
    return run
  }

  /** See `RunLog.runsAfter`. */
  async runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]> {
    // In this order: a run that ends meanwhile is in the second list when it is no longer in the first.
    const marked = await this.#marked(key)
    const [unfinished, ended] = await Promise.all([
      this.#verifyAll(marked),
      turn < maxTurn ? this.#endedAfter(key, turn) : [],
    ])
    const found = new Map(ended.map((run) => [run.run, run]))
    for (const run of unfinished) if (run.status === 'ended' && run.turn > turn) found.set(run.run, run)
    return [
      ...[...found.values()].sort((a, b) => a.turn - b.turn),
      ...unfinished.filter(({ run, status }) => status !== 'ended' && !found.has(run)),
    ]
  }

  /** See `RunLog.scheduled`. */
  async scheduled(key: SessionKey): Promise<readonly string[]> {
    const waiting = await this.#verifyAll(await this.#list(toScheduledPrefix(key)))
    return waiting.filter(({ status }) => status !== 'ended').map(({ run }) => run)
  }

  /** The marked runs of a session as their logs say, in order of acceptance; those that have ended are filed as such. */
  async unfinished(key: SessionKey): Promise<readonly RunSummary[]> {
    return this.#verifyAll(await this.#marked(key))
  }

  #marked(key: SessionKey): Promise<readonly BlobItem[]> {
    return this.#list(toOpenPrefix(key))
  }

  async #list(prefix: string): Promise<readonly BlobItem[]> {
    const listed: BlobItem[] = []
    for await (const items of this.#container.list(prefix)) listed.push(...items)
    return listed
  }

  async #verifyAll(marked: readonly BlobItem[]): Promise<readonly RunSummary[]> {
    const runs = await forEachLimited(marked, parallel, (item) => this.#verify(item))
    return runs.filter((run) => run !== undefined).sort(byAcceptance)
  }

  async #verify(item: BlobItem): Promise<RunSummary | undefined> {
    const key = parseOpenMetadata(item.metadata)?.key
    if (key === undefined) return undefined
    const tail = this.#logs.tail(key)
    await tail.refresh()
    const { position, isMissing } = tail
    if (isMissing) await this.#container.remove(item.name, { ifMatch: item.etag })
    if (isMissing || position.next === 0) return undefined
    if (isEnded(position)) await this.end(key, position)
    const { turn, status } = position.index
    return { run: key.run, turn, status, acceptedAt: position.acceptedAt }
  }

  async #endedAfter(key: SessionKey, turn: number): Promise<RunSummary[]> {
    const found: RunSummary[] = []
    for await (const items of this.#container.list(toEndedPrefix(key), firstPageSize)) {
      const runs = parseEndedRuns(items)
      found.push(...runs.filter((run) => run.turn > turn).map(toSummary))
      if (runs.some((run) => run.turn <= turn)) break
    }
    return found
  }

  /**
   * See `RunLog.runsUpTo`. Turns are listed in blocks of 10, 100, 1,000... turns, by the leading digits that they share,
   * beginning with the block of `turn`: one call or two, unless turns are missing.
   */
  async runsUpTo(key: SessionKey, turn: number, limit: number): Promise<readonly RunSummary[]> {
    const found: RunSummary[] = []
    let digits = String(Math.max(0, limit - 1)).length
    for (let top = Math.min(turn, maxTurn); top >= 0 && found.length < limit; ) {
      const prefix = `${toEndedPrefix(key)}${toInvertedTurn(top).slice(0, -digits)}`
      for await (const items of this.#container.list(prefix))
        found.push(
          ...parseEndedRuns(items)
            .filter((run) => run.turn <= top)
            .map(toSummary),
        )
      top = Math.floor(top / 10 ** digits) * 10 ** digits - 1
      digits = Math.min(digits + 1, 10)
    }
    return found.slice(0, limit)
  }

  /** See `RunLog.stalled`. One call when no run is open; one more for each open run that was accepted long ago. */
  async stalled(query: StalledQuery): Promise<readonly RunKey[]> {
    const found: RunKey[] = []
    for await (const items of this.#container.list(openFolder)) {
      const candidates = items.filter((item) => isCandidate(item, query))
      while (candidates.length > 0 && found.length < query.limit) {
        const some = candidates.splice(0, parallel)
        const keys = await forEachLimited(some, parallel, (item) => this.#toStalled(item, query))
        found.push(...keys.filter((key) => key !== undefined))
      }
      if (found.length >= query.limit) break
    }
    return found.slice(0, query.limit)
  }

  /** See `RunLog.parked`. One call per 5,000 open runs; one that a crash kept from being marked is missed until the watchdog has seen it. */
  async parked({ from, limit }: ParkedQuery): Promise<readonly ParkedRun[]> {
    const found: OpenRun[] = []
    for await (const items of this.#container.list(openFolder)) {
      const runs = items.map(({ metadata }) => parseOpenMetadata(metadata)).filter((run) => run !== undefined)
      found.push(...runs.filter(({ status, acceptedAt }) => status === 'parked' && acceptedAt >= from))
    }
    return found
      .sort((a, b) => a.acceptedAt - b.acceptedAt)
      .slice(0, limit)
      .map(({ key, acceptedAt }) => ({ key, acceptedAt }))
  }

  /** A run whose log cannot be read stands still, and must not hide the others: whoever sees to it learns why. */
  async #toStalled(item: BlobItem, query: StalledQuery): Promise<RunKey | undefined> {
    const marker = parseOpenMetadata(item.metadata)
    if (marker === undefined) return undefined
    try {
      return await this.#findStalled(item, marker, query)
    } catch (error) {
      if (error instanceof AgentError && !error.retryable) return marker.key
      throw error
    }
  }

  async #findStalled(
    item: BlobItem,
    marker: OpenRun,
    { before, now }: StalledQuery,
  ): Promise<RunKey | undefined> {
    const { key } = marker
    if (marker.status === 'open' && (await this.#movedSince(key, before))) return undefined
    const run = await this.#verify(item)
    const { position } = this.#logs.tail(key)
    if (run?.status === 'open') return position.lastAt < before ? key : undefined
    if (run?.status !== 'parked') return undefined
    if (marker.status === 'open') await this.mark(key, marker.acceptedAt, position.index)
    const dueAt = marker.status === 'parked' ? marker.dueAt : position.index.dueAt
    return dueAt !== undefined && dueAt <= now ? key : undefined
  }

  /** Only for logs of one segment, and by the account's time; of others the first segment rests, and the log itself tells. */
  async #movedSince(key: RunKey, before: number): Promise<boolean> {
    if (this.#clock !== systemClock) return false
    const segment = await this.#container.properties(toSegmentName(key, 0))
    return segment !== undefined && segment.lastModified >= before
  }
}

/** Those that work for others are found through these. */
function hasMarker(key: RunKey): boolean {
  return !isInnerRun(key) || isScheduledRun(key)
}

function toOpenMark(key: RunKey, acceptedAt: number): Metadata {
  return toOpenMetadata({ key, acceptedAt, status: 'open', dueAt: undefined })
}

function isCandidate({ metadata }: BlobItem, { before, now }: StalledQuery): boolean {
  const run = parseOpenMetadata(metadata)
  if (run === undefined) return false
  return run.status === 'open' ? run.acceptedAt < before : run.dueAt !== undefined && run.dueAt <= now
}

function toSummary({ key, turn, acceptedAt }: EndedRun): RunSummary {
  return { run: key.run, turn, status: 'ended', acceptedAt }
}

function byAcceptance(a: RunSummary, b: RunSummary): number {
  return a.acceptedAt - b.acceptedAt || (a.run < b.run ? -1 : 1)
}
