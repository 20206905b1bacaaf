import { AgentError } from '../../../core/errors.js'
import { type ChatMessage, toText } from '../../../core/messages.js'
import type { RunRequest } from '../../../run/events.js'
import { fold } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'
import { toSaidIds } from '../stored-said.js'
import { toLastUserId } from './fresh-messages.js'
import { type ParsedInput, toUserMessage } from './parse-input.js'

/** The newest run of a session. */
export interface NewestRun {
  readonly key: RunKey
  /** The messages that it has taken, by the ids by which clients know them. */
  readonly taken: ReadonlyMap<string | undefined, ChatMessage>
  /** Whether it has ended without an answer. */
  readonly isVoid: boolean
}

/** The newest run of a session: clients that were cut off send what it has taken once more, as another run. `undefined` when there is none. */
export async function findNewestRun(
  { log, sessions }: Call,
  { key }: ParsedInput,
): Promise<NewestRun | undefined> {
  const open = await log.runsAfter(key, Number.MAX_SAFE_INTEGER)
  const ended = open.length > 0 ? [] : await log.runsUpTo(key, Number.MAX_SAFE_INTEGER, 1)
  const newest = open.at(-1) ?? ended[0]
  if (newest === undefined) return undefined
  const found = { ...key, run: newest.run }
  const { request, outcome } = fold(await sessions.readRun(found))
  const taken = toTaken(found, request)
  return { key: found, taken, isVoid: outcome !== undefined && outcome.type !== 'run.completed' }
}

/** An earlier run that has taken the same message, and has not ended: of those that came to several hosts at the same moment the first counts. */
export async function findTwin(
  { log, sessions }: Call,
  { key, shown }: ParsedInput,
): Promise<RunKey | undefined> {
  const open = await log.runsAfter(key, Number.MAX_SAFE_INTEGER)
  const own = open.findIndex(({ run }) => run === key.run)
  for (const { run } of open.slice(0, Math.max(0, own))) {
    const earlier = { ...key, run }
    const { request } = fold(await sessions.readRun(earlier))
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

/** Passes when the user's last message is what a run has taken under its id. @throws {AgentError} `idempotency_conflict` */
export function checkUnchanged(shown: ParsedInput['shown'], { taken }: NewestRun): void {
  const index = shown.findLastIndex(({ role }) => role === 'user')
  const message = shown[index]
  const stored = taken.get(message?.id)
  if (message === undefined || stored === undefined) return
  if (toText(toUserMessage(message, index).contents) === toText(stored.contents)) return
  const path = `messages.${index}`
  throw new AgentError('idempotency_conflict', `${path}: what was said under its id cannot be changed.`, {
    issues: [{ path, message: 'names a message that was taken before, with another text' }],
  })
}
