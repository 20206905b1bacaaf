import { hash } from 'node:crypto'
import { longestCorrelationId } from '../../../core/find-id-problem.js'
import type { RunRequest } from '../../../run/events.js'
import { fold, type RunState } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import type { StoredEntry } from '../../../session/state/stored-state.js'
import type { Call } from '../../route.js'
import { toSaidIds } from '../stored-said.js'

/** A message of the user that a run has taken. */
export interface KnownMessage {
  readonly id: string
  /** The newest run that has taken it. */
  readonly run: string
  readonly request: RunRequest
  readonly state: RunState
  /** Where the conversation has it; `undefined` when it was taken back, or has never become a part. */
  readonly entry: StoredEntry | undefined
}

/** How many of the newest turns are looked through for a message; older ones are found by the names of their runs. */
const newestTurns = 10

/** What became of a message; `undefined` when no run has taken it. */
export async function findMessage(
  call: Call,
  session: SessionKey,
  id: string,
): Promise<KnownMessage | undefined> {
  const { sessions } = call
  const { entries } = await sessions.read(session, { limit: newestTurns, before: undefined })
  const newest = entries.findLast((entry) => says(entry, id))
  const run = newest?.correlationId ?? (await listAttempts(call, session, id)).last
  if (run === undefined) return undefined
  const state = fold(await sessions.readRun({ ...session, run }))
  const { request } = state
  if (request === undefined) return undefined
  return { id, run, request, state, entry: newest ?? (await readOlderEntry(call, session, state, id)) }
}

/** Whether an entry of a conversation has a message of the user of that id. */
function says({ $type, correlationId, createdAt, messages }: StoredEntry, id: string): boolean {
  return $type === 'request' && toSaidIds(correlationId ?? createdAt, messages).includes(id)
}

async function readOlderEntry(
  { sessions }: Call,
  session: SessionKey,
  { turn, outcome }: RunState,
  id: string,
): Promise<StoredEntry | undefined> {
  if (turn === 0 || outcome === undefined) return undefined
  const { entries } = await sessions.read(session, { limit: 1, before: turn + 1 })
  return entries.find((entry) => says(entry, id))
}

/** The last of the runs that are named after a message, and the next such name. */
export async function listAttempts(
  { sessions }: Call,
  session: SessionKey,
  message: string,
): Promise<{ readonly last: string | undefined; readonly next: string }> {
  let last: string | undefined
  for (let count = 1; ; count += 1) {
    const next = toAttemptId(message, count)
    if ((await sessions.readRun({ ...session, run: next })).length === 0) return { last, next }
    last = next
  }
}

/** The first bears the message's own id. */
function toAttemptId(message: string, count: number): string {
  if (count === 1) return message
  const id = `${message}~${count}`
  return id.length <= longestCorrelationId ? id : `${hash('sha256', message)}~${count}`
}
