import type { Attachment } from './attachment.js'
import type { ControlRecord } from './control.js'
import type { RunEvent, RunRequest, StoredEvent } from './events.js'

/**
 * Names one run: the agent as declared, the session's key and the correlation id, each compared exactly. A run that works
 * for another one is named `<run>/<call>`, a message that is to be sent later `/<run>`: they live and die with their session, but
 * lists of runs do not have them.
 */
export interface RunKey extends SessionKey {
  readonly run: string
}

/** Names one conversation. */
export interface SessionKey {
  readonly agent: string
  readonly session: string
}

/** `open` from acceptance on, `parked` while it waits for something outside, `ended` for good. */
export type RunStatus = 'open' | 'parked' | 'ended'

/** One line of the index of runs. */
export interface RunSummary {
  readonly run: string
  /** 0 until the run is first started. */
  readonly turn: number
  readonly status: RunStatus
  /** Milliseconds since 1970 UTC. */
  readonly acceptedAt: number
}

/** One line of the index of sessions. */
export interface SessionSummary {
  readonly session: string
  readonly owner: string | undefined
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number
  /** When a run was last accepted or ended; milliseconds since 1970 UTC. */
  readonly updatedAt: number
}

/** What {@link RunLog.create} found. */
export type Creation =
  | { readonly outcome: 'created' }
  /** A run of that name is there already; this is what was asked of it. */
  | { readonly outcome: 'exists'; readonly request: RunRequest }
  /** The session belongs to somebody else; nothing was written. */
  | { readonly outcome: 'foreign' }
  /** Another run of the session has not ended, and this one was not to wait for it (`onBusy: 'reject'`); nothing was written. */
  | { readonly outcome: 'busy' }

export interface SessionQuery {
  /** Only sessions of this owner; `undefined` lists those of nobody. */
  readonly owner: string | undefined
  /** Continue after this session of an earlier page. */
  readonly before?: { readonly updatedAt: number; readonly session: string } | undefined
  readonly limit: number
}

/** Which of a session's ended runs: both have to hold. */
export interface EndedRunsQuery {
  /** Those accepted earlier; ms since 1970. */
  readonly acceptedBefore: number
  /** Those whose turn is no higher, those that joined another one, and those that work for one that has ended or is gone: a run that goes on may not have taken in yet what they gave. */
  readonly upToTurn: number
}

export interface StalledQuery {
  /** Open runs count when their log has not moved since; ms since 1970. */
  readonly before: number
  /** Parked runs count when they are due by then; ms since 1970. */
  readonly now: number
  readonly limit: number
}

/** Which parked runs: in order of acceptance, the first `limit` of those accepted at `from` or later (ms since 1970). */
export interface ParkedQuery {
  readonly from: number
  readonly limit: number
}

/** One line of the list of parked runs. */
export interface ParkedRun {
  readonly key: RunKey
  /** What it is listed by: when the run was accepted, or filed anew after a crash; ms since 1970. */
  readonly acceptedAt: number
}

/**
 * Where runs are journalled: an append-only list of events per run, and an index of runs and sessions.
 * Whatever is acknowledged is durable, runs that were created once {@link RunLog.flush} says so. Every method may be
 * called by several processes at once.
 */
export interface RunLog {
  /** How long deltas are best gathered before they are appended, in ms: the dearer an append, the longer. */
  readonly deltaDelayMs: number
  /**
   * Writes `run.accepted` as event 0 unless the run exists. The first run of a session makes the session its owner's; a
   * session of nobody is open to all. With `onBusy: 'reject'` only when no other run of the session is open or parked: of
   * two at once one is created. `attachments` are kept from before the run is found until it is deleted; those of a run
   * that exists already stay as they are. The end of the process does not undo it; a loss of power may, until
   * {@link flush} has resolved or the run has been appended to.
   */
  create(key: RunKey, request: RunRequest, attachments?: readonly Attachment[]): Promise<Creation>
  /** Resolves when everything acknowledged so far would survive a loss of power too. */
  flush(): Promise<void>
  /** The content of an attachment; `undefined` when the run has none of that digest, or was deleted. */
  readAttachment(key: RunKey, digest: string): Promise<string | undefined>
  /** Appends events if the log still ends at `expected`; returns the next position. @throws {FencedError} when another executor wrote, or the run was deleted. */
  append(key: RunKey, expected: number, events: readonly RunEvent[]): Promise<number>
  /** The events with an id above `after` (all by default), in order; empty when there is no such run. */
  read(key: RunKey, after?: number): Promise<readonly StoredEvent[]>
  /**
   * Yields the events after `after` as they are written, by whatever process, and returns after the terminal one.
   * Also returns when the signal aborts, the log is closed or the run is deleted, even if another one has its name by then.
   */
  follow(key: RunKey, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]>
  /** Ended runs whose turn is above `turn`, by turn; then the open and parked ones, in order of acceptance. */
  runsAfter(key: SessionKey, turn: number): Promise<readonly RunSummary[]>
  /** The names of a session's messages that are to be sent later, and have not been: see `toScheduledRun`. */
  scheduled(key: SessionKey): Promise<readonly string[]>
  /** Up to `limit` ended runs whose turn is at most `turn`, newest first. */
  runsUpTo(key: SessionKey, turn: number, limit: number): Promise<readonly RunSummary[]>
  /** `undefined` when no run of the session was ever accepted, or it was deleted. */
  session(key: SessionKey): Promise<SessionSummary | undefined>
  /** An agent's sessions, newest first. */
  sessions(agent: string, query: SessionQuery): Promise<readonly SessionSummary[]>
  /** Forgets the runs accepted before `before` (ms since 1970), and the session when none is left. Whoever executes one of them is fenced off. */
  deleteSession(key: SessionKey, before: number): Promise<void>
  /** Forgets ended runs of a session; the session stays. */
  deleteEndedRuns(key: SessionKey, which: EndedRunsQuery): Promise<void>
  /**
   * Files a wish about a run, and makes a parked run due that can go on because of it (see `isWaking`). False when one of that name is there already (see `toControlId`).
   * @throws {AgentError} `not_found` when there is no such run.
   */
  control(key: RunKey, record: ControlRecord): Promise<boolean>
  /** The wishes about a run, in the order they were written. */
  controls(key: RunKey): Promise<readonly ControlRecord[]>
  /** Yields all wishes about a run whenever there are more than before, starting with the present ones; returns when the signal aborts or the log is closed. */
  watchControls(key: RunKey, signal: AbortSignal): AsyncIterable<readonly ControlRecord[]>
  /** Runs that somebody should see to: open ones whose log has not moved for long, and parked ones that are due. */
  stalled(query: StalledQuery): Promise<readonly RunKey[]>
  /** Runs of all agents that wait for something outside, but for those that work for another one. A run that parks or goes on meanwhile may be in it or not. */
  parked(query: ParkedQuery): Promise<readonly ParkedRun[]>
  /** Up to `limit` of an agent's sessions in which nothing was accepted or ended since `before` (ms since 1970). */
  idleSessions(agent: string, before: number, limit: number): Promise<readonly SessionKey[]>
  /** Deletes up to `limit` runs, with their logs, that ended before `before` (ms since 1970), longest ended first; their sessions stay. Returns how many. */
  deleteEndedBefore(before: number, limit: number): Promise<number>
  /** Resolves when the store can be written. @throws {AgentError} `store_unavailable` saying why not, or `invalid_configuration` when it is set to drop what it was given. */
  probe(): Promise<void>
  close(): Promise<void>
}
