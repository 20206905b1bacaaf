import { isInnerRun } from '../../run/inner-run.js'
import type {
  ParkedQuery,
  ParkedRun,
  RunKey,
  RunStatus,
  RunSummary,
  SessionKey,
  SessionQuery,
  SessionSummary,
  StalledQuery,
} from '../../run/run-log.js'
import { isScheduledRun } from '../../run/scheduled-run.js'
import type { RedisConnection } from './connection.js'
import { fromOwner, fromText, parseMember, type RedisKeys, toMember, toText } from './keys.js'
import { redisScripts, toTexts } from './scripts.js'

const pageSize = 500
/** Creating a run takes far less. */
const creationLimitMs = 60_000

interface Scored {
  readonly member: string
  readonly score: number
}

/**
 * Where runs and sessions are found. What belongs to a session is changed together with its runs; the lists across
 * sessions are changed after that, and a run is acknowledged as accepted only when it is in them.
 */
export class RedisIndex {
  readonly #redis: RedisConnection
  readonly #keys: RedisKeys
  readonly #endedTtlMs: number | undefined

  constructor(redis: RedisConnection, keys: RedisKeys, endedTtlMs: number | undefined) {
    this.#redis = redis
    this.#keys = keys
    this.#endedTtlMs = endedTtlMs
  }

  /** Lists a run as one that has not ended, and its session. */
  async open(key: RunKey, owner: string | undefined, acceptedAt: number): Promise<void> {
    await this.touch(key, owner, acceptedAt)
    await this.#listOpen(key, acceptedAt)
  }

  /** The same for a run that was accepted before: whatever is listed already stays as it is. */
  async reopen(key: RunKey, owner: string | undefined, now: number): Promise<void> {
    await this.#listSession(key, owner, now, 'NX')
    await this.#listOpen(key, now)
  }

  async #listOpen(key: RunKey, acceptedAt: number): Promise<void> {
    if (isInnerRun(key)) return
    await this.#redis.run(redisScripts.add, [this.#keys.open], [acceptedAt, toMember(key), 'NX'])
  }

  /** Lists it no longer. */
  async close(key: RunKey): Promise<void> {
    await this.#remove(this.#keys.open, [toMember(key)])
  }

  /** Notes that something was accepted or ended in a session. */
  touch(key: SessionKey, owner: string | undefined, now: number): Promise<void> {
    return this.#listSession(key, owner, now, '')
  }

  async #listSession(
    { agent, session }: SessionKey,
    owner: string | undefined,
    now: number,
    condition: 'NX' | '',
  ): Promise<void> {
    const member = toText(session)
    await Promise.all([
      this.#redis.run(redisScripts.add, [this.#keys.sessionsOf(agent, owner)], [-now, member, condition]),
      this.#redis.run(redisScripts.add, [this.#keys.sessions(agent)], [now, member, condition]),
    ])
  }

  /** Lists a run as one that has ended. */
  async end(key: RunKey, owner: string | undefined, endedAt: number): Promise<void> {
    const { ended } = this.#keys
    await this.#redis.run(redisScripts.add, [ended], [endedAt, toMember(key), ''])
    await Promise.all([this.close(key), this.touch(key, owner, endedAt)])
    if (this.#endedTtlMs !== undefined)
      await this.#redis.run(redisScripts.trim, [ended], [endedAt - this.#endedTtlMs])
  }

  async runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]> {
    const { open, ended } = this.#keys.session(key)
    const unfinished = await this.#runs(key, open, ['all', 0, 0])
    const found = await this.#runs(key, ended, ['after', turn, 0])
    const names = new Set(found.map(({ run }) => run))
    // One that ended between the two looks is in both.
    return [...found, ...unfinished.filter(({ run, status }) => status !== 'ended' && !names.has(run))]
  }

  /** Among those that work for others, of which few are open at any time. */
  async scheduled(key: SessionKey): Promise<readonly string[]> {
    const inner = await this.#runs(key, this.#keys.session(key).innerOpen, ['all', 0, 0])
    return inner.filter(isScheduledRun).map(({ run }) => run)
  }

  runsUpTo(key: SessionKey, turn: number, limit: number): Promise<readonly RunSummary[]> {
    return this.#runs(key, this.#keys.session(key).ended, ['upto', turn, limit])
  }

  async #runs(key: SessionKey, index: string, query: readonly (string | number)[]): Promise<RunSummary[]> {
    const values = [this.#keys.session(key).runs, ...query]
    const reply = toTexts(await this.#redis.run(redisScripts.runs, [index], values))
    return toRows(reply, 4).map(([run = '', turn, status, acceptedAt]) => ({
      run: fromText(run),
      turn: Number(turn),
      status: status as RunStatus,
      acceptedAt: Number(acceptedAt),
    }))
  }

  async session(key: SessionKey): Promise<SessionSummary | undefined> {
    const fields = ['owner', 'createdAt', 'updatedAt']
    const { session } = this.#keys.session(key)
    const [owner = '', createdAt = '', updatedAt] = await this.#fields(session, fields)
    if (createdAt === '') return undefined
    return {
      session: key.session,
      owner: fromOwner(owner),
      createdAt: Number(createdAt),
      updatedAt: Number(updatedAt),
    }
  }

  async sessions(agent: string, query: SessionQuery): Promise<readonly SessionSummary[]> {
    const { owner, before, limit } = query
    const index = this.#keys.sessionsOf(agent, owner)
    const from = before === undefined ? '-inf' : -before.updatedAt
    return this.#find(this.#pages(index, from, '+inf'), limit, async (entry) =>
      before === undefined || isAfter(entry, before) ? this.#toListed(agent, owner, entry) : undefined,
    )
  }

  /** With the time that it is listed by: that decides where the next page begins. A line may outlive its session. */
  async #toListed(
    agent: string,
    owner: string | undefined,
    { member, score }: Scored,
  ): Promise<SessionSummary | undefined> {
    const summary = await this.session({ agent, session: fromText(member) })
    const isListed = summary !== undefined && summary.owner === owner
    return isListed ? { ...summary, updatedAt: -score } : undefined
  }

  idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    const idle = this.#pages(this.#keys.sessions(agent), '-inf', `(${before}`)
    return this.#find(idle, limit, async ({ member }) => {
      const key = { agent, session: fromText(member) }
      return (await this.session(key)) === undefined ? undefined : key
    })
  }

  stalled(query: StalledQuery): Promise<readonly RunKey[]> {
    const open = this.#pages(this.#keys.open, '-inf', '+inf')
    return this.#find(open, query.limit, (entry) => this.#toStalled(entry, query))
  }

  async #toStalled({ member, score }: Scored, { before, now }: StalledQuery): Promise<RunKey | undefined> {
    const key = parseMember(member)
    const fields = ['status', 'updatedAt', 'due']
    const [status, updatedAt, due = ''] = await this.#fields(this.#keys.run(key).run, fields)
    switch (status) {
      case 'open':
        return Number(updatedAt) < before ? key : undefined
      case 'parked':
        return due !== '' && Number(due) <= now ? key : undefined
      case 'ended':
        await this.end(key, (await this.session(key))?.owner, Number(updatedAt))
        return undefined
      default:
        // Deleted meanwhile, or made again just now.
        if (score < now - creationLimitMs) await this.close(key)
        return undefined
    }
  }

  parked({ from, limit }: ParkedQuery): Promise<readonly ParkedRun[]> {
    return this.#find(this.#pages(this.#keys.open, from, '+inf'), limit, async ({ member, score }) => {
      const key = parseMember(member)
      const [status] = await this.#fields(this.#keys.run(key).run, ['status'])
      return status === 'parked' ? { key, acceptedAt: score } : undefined
    })
  }

  /** Deletes the runs of a session that were accepted before: all, or the ended ones up to a turn. */
  async deleteRuns(key: SessionKey, before: number, which: 'all' | number): Promise<void> {
    const { session, runs, logs, controls, attachments, channels, ...lists } = this.#keys.session(key)
    const values = [runs, logs, controls, before, which, channels, attachments]
    const keys = [session, lists.ended, lists.innerEnded, lists.open, lists.innerOpen]
    const reply = await this.#redis.run(redisScripts.deleteRuns, keys, values)
    const [owner, isSessionGone, gone] = Array.isArray(reply) ? reply : []
    const members = toTexts(gone).map((run) => toMember({ ...key, run: fromText(run) }))
    await this.#remove(this.#keys.open, members)
    await this.#remove(this.#keys.ended, members)
    if (isSessionGone === '1') {
      await this.#remove(this.#keys.sessionsOf(key.agent, fromOwner(String(owner))), [toText(key.session)])
      await this.#remove(this.#keys.sessions(key.agent), [toText(key.session)])
    }
    if (members.length > 0) await this.#relist(key)
  }

  /** Lists again what was made under the names of what was deleted, before their lines were removed. */
  async #relist(key: SessionKey): Promise<void> {
    const session = await this.session(key)
    if (session === undefined) return
    await this.#listSession(key, session.owner, session.updatedAt, 'NX')
    const { open } = this.#keys.session(key)
    for (const { run, acceptedAt } of await this.#runs(key, open, ['all', 0, 0]))
      await this.#listOpen({ ...key, run }, acceptedAt)
  }

  async deleteEndedBefore(before: number, limit: number): Promise<number> {
    let deleted = 0
    while (deleted < limit) {
      const count = Math.min(limit - deleted, pageSize)
      const page = await this.#range(this.#keys.ended, '-inf', `(${before}`, 0, count)
      if (page.length === 0) break
      const counts = await Promise.all(page.map(({ member }) => this.#deleteRun(parseMember(member), before)))
      deleted += counts.filter(Boolean).length
      await this.#remove(
        this.#keys.ended,
        page.map(({ member }) => member),
      )
    }
    return deleted
  }

  async #deleteRun(key: RunKey, before: number): Promise<boolean> {
    const { run, log, controls, ended, attachments } = this.#keys.run(key)
    const keys = [run, log, controls, ended, attachments]
    return Number(await this.#redis.run(redisScripts.deleteRun, keys, [toText(key.run), before])) > 0
  }

  async *#pages(key: string, from: string | number, to: string | number): AsyncGenerator<readonly Scored[]> {
    for (let offset = 0; ; offset += pageSize) {
      const page = await this.#range(key, from, to, offset, pageSize)
      if (page.length > 0) yield page
      if (page.length < pageSize) return
    }
  }

  /** The first `limit` of what is found of listed entries, in their order; those of a page are asked about together. */
  async #find<Found>(
    pages: AsyncIterable<readonly Scored[]>,
    limit: number,
    find: (entry: Scored) => Promise<Found | undefined>,
  ): Promise<readonly Found[]> {
    const found: Found[] = []
    for await (const page of pages) {
      for (let next = 0; next < page.length && found.length < limit; ) {
        const some = page.slice(next, next + limit - found.length)
        const results = await Promise.all(some.map(find))
        found.push(...results.filter((result) => result !== undefined))
        next += some.length
      }
      if (found.length >= limit) break
    }
    return found
  }

  async #range(
    key: string,
    from: string | number,
    to: string | number,
    offset: number,
    count: number,
  ): Promise<readonly Scored[]> {
    const reply = await this.#redis.run(redisScripts.range, [key], [from, to, offset, count])
    return toRows(toTexts(reply), 2).map(([member = '', score]) => ({ member, score: Number(score) }))
  }

  async #fields(key: string, names: readonly string[]): Promise<string[]> {
    return toTexts(await this.#redis.run(redisScripts.fields, [key], names))
  }

  async #remove(key: string, members: readonly string[]): Promise<void> {
    for (let first = 0; first < members.length; first += pageSize)
      await this.#redis.run(redisScripts.remove, [key], members.slice(first, first + pageSize))
  }
}

/** Whether a session is listed after another one: of those of one time Redis compares the bytes (redis.io/commands/zrangebyscore). */
function isAfter({ member, score }: Scored, { updatedAt, session }: NonNullable<SessionQuery['before']>) {
  return -score < updatedAt || Buffer.compare(Buffer.from(member), Buffer.from(toText(session))) > 0
}

function toRows(values: readonly string[], width: number): string[][] {
  const rows: string[][] = []
  for (let first = 0; first < values.length; first += width) rows.push(values.slice(first, first + width))
  return rows
}
