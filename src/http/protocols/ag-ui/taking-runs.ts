import { AgentError } from '../../../core/errors.js'
import { type ChatMessage, toText } from '../../../core/messages.js'
import { type RunRequest, type TerminalEvent, toRunRequest } from '../../../run/events.js'
import { findEndedRuns, findOpenRuns } from '../../../run/find-runs.js'
import { fold } from '../../../run/fold.js'
import type { RunKey, RunSummary, SessionKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'
import { toSaidIds } from '../said-messages.js'
import { toLastUserId } from './fresh-messages.js'
import { isMessageOf } from './message-ids.js'
import { type ParsedInput, toUserMessage } from './parse-input.js'

/** A run, and what it has been told. */
export interface TakingRun {
  readonly key: RunKey
  /** The messages that it has taken, by the ids by which clients know them. */
  readonly taken: ReadonlyMap<string | undefined, ChatMessage>
  /** Whether it has ended without an answer. */
  readonly isVoid: boolean
  /** Whether it took another one's place: both may have taken a message of the same id. */
  readonly isReplacing: boolean
}

/** How many ended runs are looked through for a message of a client that has missed some. */
const mostEarlier = 10

/**
 * The runs that may have taken what a client says, newest first: clients that were cut off say it once more, as another
 * run. To one that shows the newest run all others are known too, so that is the only one.
 */
export async function findTakingRuns(call: Call, { key, shown }: ParsedInput): Promise<readonly TakingRun[]> {
  const [first, ...others] = await listLatestRuns(call, key)
  if (first === undefined) return []
  const newest = await readTakingRun(call, { ...key, run: first.run })
  const { taken, isReplacing } = newest
  const isKnown = shown.some(({ id }) => isMessageOf(first.run, id) || (!isReplacing && taken.has(id)))
  if (isKnown) return [newest]
  return [newest, ...(await Promise.all(others.map(({ run }) => readTakingRun(call, { ...key, run }))))]
}

/** The runs of a session that have not ended, and the last that have, newest first. */
export async function listLatestRuns({ log }: Call, key: SessionKey): Promise<readonly RunSummary[]> {
  const open = await findOpenRuns(log, key)
  const ended = await findEndedRuns(log, key, mostEarlier)
  return [...open.toReversed(), ...ended]
}

async function readTakingRun({ sessions }: Call, key: RunKey): Promise<TakingRun> {
  const { request, outcome } = fold(await sessions.readRun(key))
  const isReplacing = request?.options.replaces !== undefined
  return { key, taken: toTaken(key, request), isVoid: isWithoutAnswer(outcome), isReplacing }
}

/** Whether a run has ended without an answer, so that its message may be tried again. */
export function isWithoutAnswer(outcome: TerminalEvent | undefined): boolean {
  return outcome !== undefined && outcome.type !== 'run.completed'
}

/**
 * An earlier run that has taken the same message, and has not ended: of those that came to several hosts at the same moment the first counts.
 * The one that is replaced is none.
 */
export async function findTwin(
  { log, sessions }: Call,
  { key, shown }: ParsedInput,
  replaced: string | undefined,
): Promise<RunKey | undefined> {
  const open = await findOpenRuns(log, key)
  const own = open.findIndex(({ run }) => run === key.run)
  for (const { run } of open.slice(0, Math.max(0, own))) {
    if (run === replaced) continue
    const earlier = { ...key, run }
    const request = toRunRequest(await sessions.readRun(earlier))
    if (toTaken(earlier, request).has(toLastUserId(shown))) return earlier
  }
  return undefined
}

/** The messages that a run has taken, by the ids by which clients know them. */
export function toTaken(
  { run }: RunKey,
  request: RunRequest | undefined,
): ReadonlyMap<string | undefined, ChatMessage> {
  const messages = request?.messages ?? []
  const ids = toSaidIds(run, messages)
  return new Map(messages.map((message, index) => [ids[index], message]))
}

/** Whether the user has said nothing since what a run has taken. */
export function isAllTaken(
  shown: ParsedInput['shown'],
  key: RunKey,
  request: RunRequest | undefined,
): boolean {
  const last = toLastUserId(shown)
  return last === undefined || toTaken(key, request).has(last)
}

/** Passes when the user's last message is what a run has taken under its id. @throws {AgentError} `idempotency_conflict` */
export function checkUnchanged(shown: ParsedInput['shown'], { taken }: TakingRun): void {
  const index = shown.findLastIndex(({ role }) => role === 'user')
  const message = shown[index]
  const stored = taken.get(message?.id)
  if (message === undefined || stored === undefined) return
  if (toText(toUserMessage(message, index).contents) === toText(stored.contents)) return
  const path = `messages.${index}`
  throw new AgentError(
    'idempotency_conflict',
    `${path}: say with forwardedProps.replaces that it changes what was said.`,
    {
      issues: [{ path, message: 'names a message that was taken before, with another text' }],
    },
  )
}
