import { isTerminal, type RunRequest, type TerminalEvent, toRunRequest } from '../../run/events.js'
import { findOpenRuns } from '../../run/find-runs.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import type { RaiseEvent } from './raise-event.js'
import { createFailedReply, type RunReply, toEndEventName, toRunReply } from './run-reply.js'

/** What those are told who wait for a run that is deleted. */
export const deletedReason = 'The session was deleted before the run had ended.'

/** A run's end, and who knows of it. */
export interface RunEnd {
  readonly request: RunRequest | undefined
  readonly outcome: TerminalEvent
  /** The orchestration that is told otherwise. */
  readonly told: string | undefined
}

/** Tells the orchestrations that wait for a run, if there are any, how it ended. */
export async function announceEnd(
  raiseEvent: RaiseEvent | undefined,
  log: RunLog,
  key: RunKey,
  { request, outcome, told }: RunEnd,
): Promise<void> {
  if (raiseEvent === undefined) return
  const waiting = await findWaiting(log, key, request)
  const others = waiting.filter((id) => id !== told)
  await announce(raiseEvent, key, others, toRunReply(key, outcome))
}

/** The orchestrations that wait for a run: the one that began it, and those that asked for the same. */
async function findWaiting(
  log: RunLog,
  key: RunKey,
  request: RunRequest | undefined,
): Promise<readonly string[]> {
  const records = await log.controls(key)
  const later = records.flatMap((record) => (record.type === 'awaited' ? [record.orchestrationId] : []))
  return request?.orchestrationId === undefined ? later : [request.orchestrationId, ...later]
}

/** Tells the orchestrations that wait for runs of a session accepted before `before` (ms since 1970), which are about to be deleted, that nothing will come of them. */
export async function announceDeletion(
  raiseEvent: RaiseEvent | undefined,
  log: RunLog,
  key: SessionKey,
  before: number,
): Promise<void> {
  if (raiseEvent === undefined) return
  for (const { run, acceptedAt } of await findOpenRuns(log, key)) {
    if (acceptedAt >= before) continue
    const events = await log.read({ ...key, run })
    if (events.some(isTerminal)) continue
    const reply = createFailedReply({ ...key, run }, { code: 'run_cancelled', detail: deletedReason })
    const waiting = await findWaiting(log, { ...key, run }, toRunRequest(events))
    await announce(raiseEvent, { ...key, run }, waiting, reply)
  }
}

async function announce(
  raiseEvent: RaiseEvent,
  { run }: RunKey,
  waiting: readonly string[],
  reply: RunReply,
): Promise<void> {
  for (const orchestrationId of waiting) await raiseEvent(orchestrationId, toEndEventName(run), reply)
}
