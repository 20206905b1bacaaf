import type { RunKey, RunStatus, SessionKey, SessionSummary } from '../../run/run-log.js'

/** A blob's metadata: what a listing gives of a blob beside its name. Names are lower case, values ASCII. */
export type Metadata = Readonly<Record<string, string>>

/** The marker of a run that has not ended. */
export interface OpenRun {
  readonly key: RunKey
  readonly acceptedAt: number
  readonly status: RunStatus
  readonly dueAt: number | undefined
}

/** What is kept of a run that has ended, to find it and to delete it. */
export interface EndedRun {
  readonly key: RunKey
  readonly acceptedAt: number
  readonly endedAt: number
  readonly turn: number
  /** How many append blobs its log has. */
  readonly segments: number
}

export function toOpenMetadata({ key, acceptedAt, status, dueAt }: OpenRun): Metadata {
  const metadata = { ...toKeyMetadata(key), accepted: String(acceptedAt), status }
  return dueAt === undefined ? metadata : { ...metadata, due: String(dueAt) }
}

/** `undefined` when it is no marker of ours. */
export function parseOpenMetadata(metadata: Metadata): OpenRun | undefined {
  const key = parseRunKey(metadata)
  if (key === undefined) return undefined
  const status = metadata.status === 'parked' ? 'parked' : 'open'
  const dueAt = metadata.due === undefined ? undefined : Number(metadata.due)
  return { key, acceptedAt: Number(metadata.accepted), status, dueAt }
}

export function toEndedMetadata({ key, acceptedAt, endedAt, turn, segments }: EndedRun): Metadata {
  const numbers = { accepted: acceptedAt, ended: endedAt, turn, segments }
  const texts = Object.entries(numbers).map(([name, value]) => [name, String(value)])
  return { ...toKeyMetadata(key), ...Object.fromEntries(texts) }
}

/** `undefined` when it is no entry of ours. */
function parseEndedMetadata(metadata: Metadata): EndedRun | undefined {
  const key = parseRunKey(metadata)
  if (key === undefined) return undefined
  const read = (name: string) => Number(metadata[name])
  return {
    key,
    acceptedAt: read('accepted'),
    endedAt: read('ended'),
    turn: read('turn'),
    segments: read('segments'),
  }
}

/** The entries of ours among those that were listed. */
export function parseEndedRuns(items: readonly { readonly metadata: Metadata }[]): readonly EndedRun[] {
  return items.map(({ metadata }) => parseEndedMetadata(metadata)).filter((run) => run !== undefined)
}

/** The run that was created last, or is about to be, on the condition that no other one of the session is open. */
export interface Reservation {
  readonly run: string
  /** When it began; milliseconds since 1970 UTC. */
  readonly at: number
  /** Whether its marker is there. */
  readonly isDone: boolean
}

/** Stands beside the rest of a session's metadata. */
export function toReservationMetadata({ run, at, isDone }: Reservation): Metadata {
  return { reserved: toAscii(run), since: String(at), done: String(isDone) }
}

/** `undefined` when no run of the session was ever to be alone. */
export function parseReservation({ reserved, since, done }: Metadata): Reservation | undefined {
  if (reserved === undefined) return undefined
  return { run: String(fromAscii(reserved)), at: Number(since), isDone: done === 'true' }
}

export function toSessionMetadata(key: SessionKey, summary: SessionSummary): Metadata {
  const { owner, createdAt, updatedAt } = summary
  const times = { created: String(createdAt), updated: String(updatedAt) }
  const name = toAscii([key.agent, key.session])
  return owner === undefined ? { key: name, ...times } : { key: name, owner: toAscii(owner), ...times }
}

/** `undefined` when it is no session's record. */
export function parseSessionMetadata(metadata: Metadata): SessionSummary | undefined {
  const [, session] = parseNames(metadata)
  if (session === undefined) return undefined
  const owner = metadata.owner === undefined ? undefined : String(fromAscii(metadata.owner))
  return { session, owner, createdAt: Number(metadata.created), updatedAt: Number(metadata.updated) }
}

/** The run that a blob is about. */
export function toKeyMetadata({ agent, session, run }: RunKey): Metadata {
  return { key: toAscii([agent, session, run]) }
}

/** `undefined` when the blob is about no run. */
export function parseRunKey(metadata: Metadata): RunKey | undefined {
  const [agent, session, run] = parseNames(metadata)
  if (agent === undefined || session === undefined || run === undefined) return undefined
  return { agent, session, run }
}

function parseNames({ key }: Metadata): readonly string[] {
  const names = key === undefined ? [] : fromAscii(key)
  return Array.isArray(names) ? names.map(String) : []
}

// JSON first: it has a form for every string, also for those that percent-encoding refuses.
function toAscii(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value))
}

function fromAscii(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text))
  } catch {
    return undefined
  }
}
