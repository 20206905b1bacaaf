import { type Clock, systemClock } from '../core/clock.js'
import type { Attachment } from '../run/attachment.js'
import { type ControlRecord, isWaking, toControlId } from '../run/control.js'
import type { RunEvent, RunRequest, StoredEvent } from '../run/events.js'
import { isInnerRun, toOutermostRun } from '../run/inner-run.js'
import { type RunIndex, toIndex } from '../run/run-index.js'
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
} from '../run/run-log.js'
import { isScheduledRun } from '../run/scheduled-run.js'
import { newestFirst } from './newest-first.js'
import { createFencedError, createMissingRunError } from './run-errors.js'
import { RunFeed, toControlFeedName, toRunFeedName } from './run-feed.js'
import { watchControls } from './watch-controls.js'

interface MemoryRun {
  readonly key: RunKey
  readonly acceptedAt: number
  readonly events: StoredEvent[]
  readonly controls: ControlRecord[]
  readonly attachments: ReadonlyMap<string, string>
  updatedAt: number
  index: RunIndex
}

interface MemorySession {
  readonly agent: string
  readonly summary: SessionSummary
}

export interface MemoryRunLogOptions {
  /** @default the machine's */
  readonly clock?: Clock | undefined
}

/** A run log that lives as long as its process: for tests and for trying things out. */
export class MemoryRunLog implements RunLog {
  readonly deltaDelayMs = 15
  readonly #runs = new Map<string, MemoryRun>()
  readonly #sessions = new Map<string, MemorySession>()
  readonly #feed = new RunFeed()
  readonly #clock: Clock

  constructor({ clock = systemClock }: MemoryRunLogOptions = {}) {
    this.#clock = clock
  }

  async create(key: RunKey, request: RunRequest, attachments: readonly Attachment[] = []): Promise<Creation> {
    const session = this.#sessions.get(toSessionName(key))?.summary
    if (session?.owner !== undefined && session.owner !== request.owner) return { outcome: 'foreign' }
    const existing = this.#runs.get(toRunFeedName(key))?.events[0]
    if (existing?.type === 'run.accepted') return { outcome: 'exists', request: existing.data }
    if (request.options.onBusy === 'reject' && this.#isBusy(key)) return { outcome: 'busy' }
    const now = this.#clock.now()
    this.#touch(key, request.owner, now)
    const accepted: StoredEvent = { id: 0, at: now, type: 'run.accepted', data: structuredClone(request) }
    this.#runs.set(toRunFeedName(key), {
      key,
      acceptedAt: now,
      updatedAt: now,
      events: [accepted],
      controls: [],
      attachments: new Map(attachments.map(({ digest, content }) => [digest, content])),
      index: { turn: 0, status: 'open', dueAt: undefined },
    })
    return { outcome: 'created' }
  }

  async flush(): Promise<void> {
    // Memory knows no disk.
  }

  async readAttachment(key: RunKey, digest: string): Promise<string | undefined> {
    return this.#runs.get(toRunFeedName(key))?.attachments.get(digest)
  }

  async append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<number> {
    const run = this.#runs.get(toRunFeedName(key))
    if (run?.events.length !== expected) {
      throw createFencedError(key, { expected, next: run?.events.length })
    }
    const at = this.#clock.now()
    for (const event of structuredClone(events)) {
      run.events.push({ ...event, id: run.events.length, at } as StoredEvent)
      run.index = toIndex(run.index, event)
    }
    run.updatedAt = at
    if (isEnded(run)) this.#touch(key, undefined, at)
    this.#feed.notify(toRunFeedName(key))
    return run.events.length
  }

  async read(key: RunKey, after = -1): Promise<readonly StoredEvent[]> {
    return this.#runs.get(toRunFeedName(key))?.events.slice(after + 1) ?? []
  }

  async *follow(key: RunKey, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    const followed = this.#runs.get(toRunFeedName(key))
    let cursor = after
    while (!signal.aborted && !this.#feed.isClosed) {
      const run = this.#runs.get(toRunFeedName(key))
      if (run === undefined || run !== followed) return
      const events = run.events.slice(cursor + 1)
      if (events.length > 0) yield events
      cursor += events.length
      if (isEnded(run) && cursor >= run.events.length - 1) return
      if (events.length === 0) await this.#feed.next(toRunFeedName(key), signal)
    }
  }

  async runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]> {
    const runs = this.#runsOf(key).filter(isListed)
    const ended = runs.filter((run) => isEnded(run) && run.index.turn > turn)
    const byTurn = ended.sort((a, b) => a.index.turn - b.index.turn)
    return [...byTurn, ...runs.filter((run) => !isEnded(run))].map(toRunSummary)
  }

  async scheduled(key: SessionKey): Promise<readonly string[]> {
    const waiting = this.#runsOf(key).filter((run) => isScheduledRun(run.key) && !isEnded(run))
    return waiting.map((run) => run.key.run)
  }

  async runsUpTo(key: SessionKey, turn: number, limit: number): Promise<readonly RunSummary[]> {
    const ended = this.#runsOf(key).filter((run) => isListed(run) && isEnded(run) && run.index.turn <= turn)
    return ended
      .reverse()
      .sort((a, b) => b.index.turn - a.index.turn)
      .slice(0, limit)
      .map(toRunSummary)
  }

  async session(key: SessionKey): Promise<SessionSummary | undefined> {
    return this.#sessions.get(toSessionName(key))?.summary
  }

  async sessions(agent: string, query: SessionQuery): Promise<readonly SessionSummary[]> {
    return newestFirst(this.#sessionsOf(agent), query)
  }

  async deleteSession(key: SessionKey, before: number): Promise<void> {
    this.#deleteRuns(key, (run) => run.acceptedAt < before)
    if (this.#runsOf(key).length === 0) this.#sessions.delete(toSessionName(key))
  }

  async deleteEndedRuns(key: SessionKey, { acceptedBefore, upToTurn }: EndedRunsQuery): Promise<void> {
    const open = this.#runsOf(key).filter((run) => isListed(run) && !isEnded(run))
    const isNeeded = (run: MemoryRun) => open.some((one) => one.key.run === toOutermostRun(run.key))
    this.#deleteRuns(
      key,
      (run) =>
        isEnded(run) && run.acceptedAt < acceptedBefore && run.index.turn <= upToTurn && !isNeeded(run),
    )
  }

  async control(key: RunKey, record: ControlRecord): Promise<boolean> {
    const run = this.#runs.get(toRunFeedName(key))
    if (run === undefined) throw createMissingRunError(key)
    const id = toControlId(record)
    if (run.controls.some((known) => toControlId(known) === id)) return false
    run.controls.push(structuredClone(record))
    if (run.index.status === 'parked' && isWaking(record))
      run.index = { ...run.index, dueAt: this.#clock.now() }
    this.#feed.notify(toControlFeedName(key))
    return true
  }

  async controls(key: RunKey): Promise<readonly ControlRecord[]> {
    return this.#readControls(key)
  }

  #readControls(key: RunKey): readonly ControlRecord[] {
    return [...(this.#runs.get(toRunFeedName(key))?.controls ?? [])]
  }

  watchControls(key: RunKey, signal: AbortSignal): AsyncIterable<readonly ControlRecord[]> {
    return watchControls({ feed: this.#feed, key, read: () => this.#readControls(key), signal })
  }

  async stalled({ before, now, limit }: StalledQuery): Promise<readonly RunKey[]> {
    const isStalled = ({ index, updatedAt }: MemoryRun) =>
      (index.status === 'open' && updatedAt < before) ||
      (index.status === 'parked' && index.dueAt !== undefined && index.dueAt <= now)
    return [...this.#runs.values()]
      .filter((run) => isListed(run) && isStalled(run))
      .slice(0, limit)
      .map(({ key }) => key)
  }

  async parked({ from, limit }: ParkedQuery): Promise<readonly ParkedRun[]> {
    const parked = [...this.#runs.values()].filter(
      (run) => isListed(run) && run.index.status === 'parked' && run.acceptedAt >= from,
    )
    return parked.slice(0, limit).map(({ key, acceptedAt }) => ({ key, acceptedAt }))
  }

  async idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    const idle = this.#sessionsOf(agent).filter(({ updatedAt }) => updatedAt < before)
    return idle.slice(0, limit).map(({ session }) => ({ agent, session }))
  }

  async deleteEndedBefore(before: number, limit: number): Promise<number> {
    const ended = [...this.#runs.values()].filter((run) => isEnded(run) && run.updatedAt < before)
    const doomed = ended.sort((a, b) => a.updatedAt - b.updatedAt).slice(0, limit)
    for (const { key } of doomed) this.#runs.delete(toRunFeedName(key))
    this.#feed.notifyAll()
    return doomed.length
  }

  async probe(): Promise<void> {}

  async close(): Promise<void> {
    this.#feed.close()
  }

  #deleteRuns(key: SessionKey, which: (run: MemoryRun) => boolean): void {
    for (const run of this.#runsOf(key)) if (which(run)) this.#runs.delete(toRunFeedName(run.key))
    this.#feed.notifyAll()
  }

  #runsOf(key: SessionKey): MemoryRun[] {
    return [...this.#runs.values()].filter(
      (run) => run.key.agent === key.agent && run.key.session === key.session,
    )
  }

  #sessionsOf(agent: string): SessionSummary[] {
    return [...this.#sessions.values()].filter((one) => one.agent === agent).map(({ summary }) => summary)
  }

  #isBusy(key: SessionKey): boolean {
    return this.#runsOf(key).some((run) => isListed(run) && !isEnded(run))
  }

  #touch({ agent, session }: SessionKey, owner: string | undefined, now: number): void {
    const known = this.#sessions.get(toSessionName({ agent, session }))?.summary
    const summary = { ...(known ?? { session, owner, createdAt: now }), updatedAt: now }
    this.#sessions.set(toSessionName({ agent, session }), { agent, summary })
  }
}

function toSessionName({ agent, session }: SessionKey): string {
  return `${agent}\n${session}`
}

function isListed({ key }: MemoryRun): boolean {
  return !isInnerRun(key)
}

function isEnded({ index }: MemoryRun): boolean {
  return index.status === 'ended'
}

function toRunSummary({ key, index, acceptedAt }: MemoryRun): RunSummary {
  return { run: key.run, turn: index.turn, status: index.status, acceptedAt }
}
