import type { SessionKey, SessionQuery, SessionSummary } from '../../run/run-log.js'
import { compareSessions, newestFirst } from '../newest-first.js'
import type { AzureBlobContainer } from './container.js'
import {
  type Metadata,
  parseReservation,
  parseSessionMetadata,
  type Reservation,
  toReservationMetadata,
  toSessionMetadata,
} from './metadata.js'
import { toSessionName, toSessionsPrefix } from './names.js'

/** A session's record as it was read. */
export interface SessionRecord {
  readonly key: SessionKey
  readonly summary: SessionSummary
  readonly etag: string
  readonly reservation: Reservation | undefined
}

/**
 * Whose the sessions are, and when they were last used: one small blob each. Listing them is one call per 5,000 sessions
 * of the agent, whoever owns them.
 */
export class AzureBlobSessions {
  readonly #container: AzureBlobContainer

  constructor(container: AzureBlobContainer) {
    this.#container = container
  }

  async read(key: SessionKey): Promise<SessionRecord | undefined> {
    const found = await this.#container.properties(toSessionName(key))
    const summary = found && parseSessionMetadata(found.metadata)
    if (found === undefined || summary === undefined) return undefined
    return { key, summary, etag: found.etag, reservation: parseReservation(found.metadata) }
  }

  /** The session's record, made for `owner` if there is none. */
  async open(key: SessionKey, owner: string | undefined, now: number): Promise<SessionRecord> {
    for (;;) {
      const record = await this.read(key)
      if (record !== undefined) return record
      const summary = { session: key.session, owner, createdAt: now, updatedAt: now }
      const etag = await this.#container.put(toSessionName(key), '', toSessionMetadata(key, summary))
      if (etag !== undefined) return { key, summary, etag, reservation: undefined }
    }
  }

  /**
   * Notes that something was accepted or ended. False when the session is no longer what the record says: deleted, or
   * made anew for somebody else.
   */
  async touch(record: SessionRecord, now: number): Promise<boolean> {
    if (await this.#change(record, { ...record.summary, updatedAt: now }, record.reservation)) return true
    // Refused because somebody else touched it just now, which does as well.
    return isSameSession(record, await this.read(record.key))
  }

  /** Reserves a session for one run; false when somebody touched it since the record was read. */
  reserve(record: SessionRecord, run: string, now: number): Promise<boolean> {
    return this.#change(record, record.summary, { run, at: now, isDone: false })
  }

  /**
   * Ends a run's reservation, and notes that the run was accepted. `lost` when the session is reserved for another run by
   * now, or is no longer what the record says.
   */
  async release(record: SessionRecord, run: string, now: number): Promise<'released' | 'lost'> {
    for (;;) {
      const current = await this.read(record.key)
      if (current?.reservation?.run !== run || !isSameSession(record, current)) return 'lost'
      const summary = { ...current.summary, updatedAt: now }
      if (await this.#change(current, summary, { ...current.reservation, isDone: true })) return 'released'
    }
  }

  #change(
    { key, etag }: SessionRecord,
    summary: SessionSummary,
    reservation: Reservation | undefined,
  ): Promise<boolean> {
    const reserved: Metadata = reservation === undefined ? {} : toReservationMetadata(reservation)
    const metadata = { ...toSessionMetadata(key, summary), ...reserved }
    return this.#container.setMetadata(toSessionName(key), metadata, { ifMatch: etag })
  }

  /** Forgets the session; false when it was touched since the record was read. */
  remove({ key, etag }: SessionRecord): Promise<boolean> {
    return this.#container.remove(toSessionName(key), { ifMatch: etag })
  }

  /** See `RunLog.sessions`. */
  async newest(agent: string, query: SessionQuery): Promise<readonly SessionSummary[]> {
    return newestFirst(await this.#all(agent), query)
  }

  /** See `RunLog.idleSessions`. */
  async idle(agent: string, before: number, limit: number): Promise<readonly SessionKey[]> {
    const idle = (await this.#all(agent)).filter(({ updatedAt }) => updatedAt < before)
    const oldestFirst = idle.sort((a, b) => compareSessions(b, a))
    return oldestFirst.slice(0, limit).map(({ session }) => ({ agent, session }))
  }

  async #all(agent: string): Promise<SessionSummary[]> {
    const sessions: SessionSummary[] = []
    for await (const items of this.#container.list(toSessionsPrefix(agent))) {
      const page = items.map(({ metadata }) => parseSessionMetadata(metadata))
      sessions.push(...page.filter((session) => session !== undefined))
    }
    return sessions
  }
}

function isSameSession(record: SessionRecord, other: SessionRecord | undefined): boolean {
  const { owner, createdAt } = record.summary
  return other?.summary.owner === owner && other?.summary.createdAt === createdAt
}
