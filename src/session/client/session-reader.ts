import type { RunLog, SessionKey, SessionSummary } from '../../run/run-log.js'
import { AgentState } from '../state/agent-state.js'
import { type HistoryPage, readSession, type SessionView } from '../state/read-session.js'
import { createNotFoundError } from './check-creation.js'
import type { SessionEntities } from './session-entities.js'

/** Reads sessions from outside of their entities. */
export class SessionReader {
  readonly #entities: SessionEntities
  readonly #log: RunLog

  constructor(entities: SessionEntities, log: RunLog) {
    this.#entities = entities
    this.#log = log
  }

  /** @throws {AgentError} `not_found` when there is no such session, or it is not the owner's. */
  async require(key: SessionKey, owner: string | undefined): Promise<void> {
    const session = await this.#log.session(key)
    if (session !== undefined && isOpenTo(session.owner, owner)) return
    if (session === undefined) {
      const state = await this.#entities.readState(key)
      if (state !== undefined && isOpenTo(state.own.owner, owner)) return
    }
    throw createNotFoundError(key)
  }

  /**
   * The session's state: what the entity has stored, and the runs that have ended since. So a run that was answered is
   * never missing, even if its entity has yet to commit it. One that was deleted is no longer there, although its entity may have
   * yet to commit what it did before. @throws {AgentError} `not_found`.
   */
  async read(key: SessionKey, page: HistoryPage): Promise<SessionView> {
    const [state, session] = await this.#load(key)
    if (session === undefined && state?.own.createdAt !== undefined) throw createNotFoundError(key)
    return readSession({ log: this.#log, key, state: toStored(state, session) }, page)
  }

  /** What the entity has stored, unless it is that of a session which was deleted and begun anew since. */
  async readStored(key: SessionKey): Promise<AgentState> {
    return toStored(...(await this.#load(key)))
  }

  #load(key: SessionKey): Promise<[AgentState | undefined, SessionSummary | undefined]> {
    return Promise.all([this.#entities.readState(key), this.#log.session(key)])
  }
}

function toStored(state: AgentState | undefined, session: SessionSummary | undefined): AgentState {
  return state?.isOf(session) ? state : new AgentState()
}

/** A session without owner is open to everyone, one with an owner only to that owner. */
export function isOpenTo(owner: string | undefined, caller: string | undefined): boolean {
  return owner === undefined || owner === caller
}
