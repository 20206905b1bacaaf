import { randomUUID } from 'node:crypto'
import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { Attachment } from '../../run/attachment.js'
import { type ControlRecord, isWaking, toControlId } from '../../run/control.js'
import type { RunEvent, RunRequest, StoredEvent } from '../../run/events.js'
import { isInnerRun } from '../../run/inner-run.js'
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
import { createFencedError, createMissingRunError, ignoreUnavailable } from '../run-errors.js'
import { RedisConnection, type RedisSource } from './connection.js'
import { fromOwner, RedisKeys, toOwner, toText } from './keys.js'
import { RedisIndex } from './run-index.js'
import { redisScripts, toTexts } from './scripts.js'
import { RedisWatch } from './watch.js'

/** Which server, and how the log behaves on it. */
export type RedisRunLogOptions = RedisSource & {
  /** What all keys begin with. @default 'durable-agents' */
  readonly prefix?: string | undefined
  /** How long the log of a run is kept after its end. @default for ever */
  readonly endedTtlMs?: number | undefined
  /** How often whoever follows a run looks for news by itself, should a notification get lost. @default 1000 */
  readonly pollIntervalMs?: number | undefined
  /** How long a call may take, in ms, before it is tried again on another connection. @default 10,000 */
  readonly callTimeoutMs?: number | undefined
  /** Gives events their times. @default the machine's */
  readonly clock?: Clock | undefined
}

const optionNames: OptionNames<RedisRunLogOptions> = {
  url: true,
  client: true,
  prefix: true,
  endedTtlMs: true,
  pollIntervalMs: true,
  callTimeoutMs: true,
  clock: true,
}

/**
 * A run log in Redis 6.2 or newer, or what is compatible with it, which several machines may share. Each run is a stream;
 * an append is one round trip, and followers on all machines are told of it at once.
 *
 * How durable it is, Redis decides: with `appendonly yes` and `appendfsync always` whatever is acknowledged is on disk,
 * with `appendfsync everysec` (its default) a crash loses up to a second of acknowledged events, without `appendonly`
 * more. A fail-over to a replica may lose what had not been replicated.
 *
 * A server that would drop runs when its memory is full is refused: no run is accepted there, and probing fails, with
 * `invalid_configuration`. That is one with a limit of memory and `maxmemory-policy allkeys-*`, or with `volatile-*` when
 * there is `endedTtlMs`. With `noeviction` a full server takes no more, and says so. Whoever may not ask it (`INFO`) has to
 * see to it themselves.
 *
 * The package `redis` is loaded at first use. All keys of a session are on one node of a cluster; the lists of all sessions
 * and of open runs are elsewhere, and are put right when a crash came between.
 */
export class RedisRunLog implements RunLog {
  readonly deltaDelayMs = 20
  readonly #redis: RedisConnection
  readonly #keys: RedisKeys
  readonly #index: RedisIndex
  readonly #watch: RedisWatch
  readonly #endedTtlMs: number | undefined
  readonly #clock: Clock

  /** Sends nothing yet. @throws {AgentError} `invalid_configuration` when the URL is none of Redis, or for options that there are not. */
  constructor(options: RedisRunLogOptions) {
    checkOptions('RedisRunLog', options, optionNames)
    const { prefix = 'durable-agents', pollIntervalMs = 1_000, clock = systemClock } = options
    this.#clock = clock
    this.#endedTtlMs = options.endedTtlMs
    this.#redis = new RedisConnection(options, options)
    this.#keys = new RedisKeys(prefix)
    this.#index = new RedisIndex(this.#redis, this.#keys, options.endedTtlMs)
    this.#watch = new RedisWatch(this.#redis, pollIntervalMs)
  }

  async create(key: RunKey, request: RunRequest, attachments: readonly Attachment[] = []): Promise<Creation> {
    const now = this.#clock.now()
    const { session, run, log, open, attachments: media } = this.#keys.run(key)
    const event = JSON.stringify({ at: now, type: 'run.accepted', data: request })
    const condition = request.options.onBusy === 'reject' ? 'alone' : ''
    // What works for an accepted run is let in: that one would fail without it.
    const lifetime = isInnerRun(key) ? '' : this.#lifetime
    const values = [toOwner(request.owner), toText(key.run), now, randomUUID(), event, condition, lifetime]
    const added = attachments.flatMap(({ digest, content }) => [digest, content])
    const reply = await this.#redis.run(
      redisScripts.create,
      [session, run, log, open, media],
      [...values, ...added],
    )
    const [outcome = '', first = '', status, owner = ''] = toTexts(reply)
    if (outcome === 'foreign' || outcome === 'busy') return { outcome }
    if (outcome === 'evicting') throw createEvictionError(first)
    if (outcome === 'created') {
      await this.#index.open(key, fromOwner(owner), now)
      return { outcome }
    }
    // Its creation may have been cut off before this.
    if (status !== 'ended') await this.#index.reopen(key, fromOwner(owner), now)
    return { outcome: 'exists', request: JSON.parse(first).data }
  }

  async flush(): Promise<void> {
    // What Redis acknowledges is as safe as its own settings make it.
  }

  async readAttachment(key: RunKey, digest: string): Promise<string | undefined> {
    const { attachments } = this.#keys.run(key)
    const [content = ''] = toTexts(await this.#redis.run(redisScripts.fields, [attachments], [digest]))
    return content === '' ? undefined : content
  }

  async append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<number> {
    const { session, run, log, open, ended, controls, attachments, channel } = this.#keys.run(key)
    const now = this.#clock.now()
    const { turn, status, due } = toChange(events)
    const ttl = this.#endedTtlMs ?? ''
    const lines = events.map(({ type, data }) => JSON.stringify({ at: now, type, data }))
    const change = [channel, turn, status, due, ttl]
    const values = [toText(key.run), expected, randomUUID(), now, ...change, ...lines]
    const keys = [session, run, log, open, ended, controls, attachments]
    const [outcome, detail = ''] = toTexts(await this.#redis.run(redisScripts.append, keys, values))
    if (outcome !== 'appended') {
      throw createFencedError(key, { expected, next: outcome === 'fenced' ? Number(detail) : undefined })
    }
    this.#watch.notify(channel)
    // What cannot be filed now is put right by whoever looks for runs that stand still.
    if (status === 'ended') await this.#index.end(key, fromOwner(detail), now).catch(ignoreUnavailable)
    return expected + events.length
  }

  async read(key: RunKey, after = -1): Promise<readonly StoredEvent[]> {
    return (await this.#read(key, after)).events
  }

  async #read(key: RunKey, after: number) {
    const { run, log } = this.#keys.run(key)
    const first = after + 1
    const reply = toTexts(await this.#redis.run(redisScripts.read, [run, log], [`${first + 1}-0`]))
    const [status, next = '0', born, ...lines] = reply
    const events = lines.map((line, index): StoredEvent => ({ id: first + index, ...JSON.parse(line) }))
    return { status, next: Number(next), born, events }
  }

  async *follow(key: RunKey, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    let cursor = after
    let followed: string | undefined
    for await (const look of this.#watch.watch(this.#keys.run(key).channel, signal)) {
      const { status, next, born, events } = await this.#read(key, cursor)
      followed ??= born
      if (born !== followed) return
      if (events.length > 0) yield events
      cursor += events.length
      if (status === '' || (status === 'ended' && cursor >= next - 1)) return
      look.isNews = events.length > 0
    }
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

  session(key: SessionKey): Promise<SessionSummary | undefined> {
    return this.#index.session(key)
  }

  sessions(agent: string, query: SessionQuery): Promise<readonly SessionSummary[]> {
    return this.#index.sessions(agent, query)
  }

  deleteSession(key: SessionKey, before: number): Promise<void> {
    return this.#index.deleteRuns(key, before, 'all')
  }

  deleteEndedRuns(key: SessionKey, { acceptedBefore, upToTurn }: EndedRunsQuery): Promise<void> {
    return this.#index.deleteRuns(key, acceptedBefore, upToTurn)
  }

  deleteEndedBefore(before: number, limit: number): Promise<number> {
    return this.#index.deleteEndedBefore(before, limit)
  }

  async control(key: RunKey, record: ControlRecord): Promise<boolean> {
    const { run, controls, channel } = this.#keys.run(key)
    const values = [
      toText(toControlId(record)),
      randomUUID(),
      JSON.stringify(record),
      isWaking(record) ? this.#clock.now() : '',
      channel,
    ]
    const outcome = await this.#redis.run(redisScripts.control, [run, controls], values)
    if (outcome === 'missing') throw createMissingRunError(key)
    this.#watch.notify(channel)
    return outcome === 'filed'
  }

  async controls(key: RunKey): Promise<readonly ControlRecord[]> {
    const reply = await this.#redis.run(redisScripts.list, [this.#keys.run(key).controls], [])
    return toTexts(reply).map((text) => JSON.parse(text))
  }

  async *watchControls(key: RunKey, signal: AbortSignal): AsyncGenerator<readonly ControlRecord[]> {
    let seen = 0
    for await (const look of this.#watch.watch(this.#keys.run(key).channel, signal)) {
      const controls = await this.controls(key)
      if (controls.length > seen) yield controls
      look.isNews = controls.length > seen
      seen = controls.length
    }
  }

  stalled(query: StalledQuery): Promise<readonly RunKey[]> {
    return this.#index.stalled(query)
  }

  parked(query: ParkedQuery): Promise<readonly ParkedRun[]> {
    return this.#index.parked(query)
  }

  idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    return this.#index.idleSessions(agent, before, limit)
  }

  /** Whether its keys are ever given a time to live. */
  get #lifetime(): 'lasting' | 'expiring' {
    return this.#endedTtlMs === undefined ? 'lasting' : 'expiring'
  }

  /** Writes a small value. @throws {AgentError} `store_unavailable` saying why it cannot, `invalid_configuration` when the server would drop runs. */
  async probe(): Promise<void> {
    const values = [this.#clock.now(), this.#lifetime]
    const eviction = await this.#redis.run(redisScripts.probe, [this.#keys.probe], values)
    if (eviction !== '') throw createEvictionError(String(eviction))
  }

  /** Closes the connections that were opened here; a client that was given stays open. */
  async close(): Promise<void> {
    this.#watch.close()
    await this.#redis.close()
  }
}

function createEvictionError(policy: string): AgentError {
  const choice = policy.startsWith('volatile') ? ', or leave out endedTtlMs' : ''
  const message = `Redis would silently drop runs when its memory is full (maxmemory-policy ${policy}), so the run log refuses it. Set maxmemory-policy to noeviction${choice}.`
  return new AgentError('invalid_configuration', message)
}

/** What events change in the index; `''` for what they leave as it is. */
function toChange(events: readonly RunEvent[]) {
  const unknown: RunIndex = { turn: -1, status: 'open', dueAt: undefined }
  const index = events.reduce(toIndex, unknown)
  const turn = index.turn === unknown.turn ? '' : index.turn
  return index === unknown
    ? { turn, status: '', due: '' }
    : { turn, status: index.status, due: index.dueAt ?? '' }
}
