import { hash } from 'node:crypto'
import { longestCorrelationId } from '../../../core/find-id-problem.js'
import type { RunRequest } from '../../../run/events.js'
import { fold, type RunState } from '../../../run/fold.js'
import type { RunKey, SessionKey } from '../../../run/run-log.js'
import type { StoredEntry } from '../../../session/state/stored-state.js'
import type { Call } from '../../route.js'
import { findPage } from '../find-page.js'
import { hasSaid } from '../said-messages.js'
import { isOpenRun, type ReplacedRun } from '../waiting-runs.js'

/** A message of the user, and the newest run that has taken it. */
export interface KnownMessage extends ReplacedRun {
  readonly id: string
  /** What the run was asked; `undefined` when the conversation was inherited with it, so that it has no log. */
  readonly request: RunRequest | undefined
  /** Where the conversation has it; `undefined` when it was taken back, or has never become a part. */
  readonly entry: StoredEntry | undefined
  /** Whether the run has ever become a part of the conversation. */
  readonly isPart: boolean
}

/** What became of a message that was said lately, or whose runs are named after it; `undefined` when no run has taken it. */
export async function findMessage(
  call: Call,
  session: SessionKey,
  id: string,
): Promise<KnownMessage | undefined> {
  const newest = await findEntry(call, session, id, 1)
  const run = newest?.correlationId ?? (await listAttempts(call, session, id)).last
  return run === undefined ? undefined : readMessage(call, { ...session, run }, id, newest)
}

/** What became of a message, which may be old, and have been inherited. */
export async function searchMessage(
  call: Call,
  session: SessionKey,
  id: string,
): Promise<KnownMessage | undefined> {
  const known = await findMessage(call, session, id)
  if (known !== undefined) return known
  const entry = await findEntry(call, session, id)
  const run = entry?.correlationId
  return run == null ? undefined : readMessage(call, { ...session, run }, id, entry)
}

async function findEntry(
  call: Call,
  session: SessionKey,
  id: string,
  mostPages?: number,
): Promise<StoredEntry | undefined> {
  const says = (entry: StoredEntry) => hasSaid(entry, id)
  return (await findPage(call, session, says, mostPages)).findLast(says)
}

async function readMessage(
  call: Call,
  key: RunKey,
  id: string,
  newest: StoredEntry | undefined,
): Promise<KnownMessage> {
  const state = fold(await call.sessions.readRun(key))
  const entry = newest ?? (await readOlderEntry(call, key, state, id))
  const isPart = entry !== undefined || state.turn > 0 || isOpenRun(state)
  return { id, run: key.run, request: state.request, isOpen: isOpenRun(state), entry, isPart }
}

async function readOlderEntry(
  { sessions }: Call,
  session: SessionKey,
  { turn, outcome }: RunState,
  id: string,
): Promise<StoredEntry | undefined> {
  if (turn === 0 || outcome === undefined) return undefined
  const { entries } = await sessions.read(session, { limit: 1, before: turn + 1 })
  return entries.find((entry) => hasSaid(entry, id))
}

/** The last of the runs that are named after a message, and the next such name that none bears; also not `taken`, whose run may have no log. */
export async function listAttempts(
  { sessions }: Call,
  session: SessionKey,
  message: string,
  taken?: string,
): Promise<{ readonly last: string | undefined; readonly next: string }> {
  let last: string | undefined
  for (let count = 1; ; count += 1) {
    const next = toAttemptId(message, count)
    const isFree = next !== taken && (await sessions.readRun({ ...session, run: next })).length === 0
    if (isFree) return { last, next }
    last = next
  }
}

/** The first bears the message's own id. */
function toAttemptId(message: string, count: number): string {
  if (count === 1) return message
  const id = `${message}~${count}`
  return id.length <= longestCorrelationId ? id : `${hash('sha256', message)}~${count}`
}
