import type { DurableClient } from 'durable-functions'
import type { Clock } from '../../core/clock.js'
import { toErrorMessage } from '../../core/errors.js'
import { isTerminal, type RunRequest, type TerminalEvent } from '../../run/events.js'
import { findOpenRuns } from '../../run/find-runs.js'
import { fold } from '../../run/fold.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import { toPathSegment } from '../client/to-path-segment.js'
import { createFailedReply, type RunReply, toEndEventName, toRunReply } from './run-reply.js'

/** Raises an event in an orchestration. May be repeated: whoever waits for the event takes the first. */
export type RaiseEvent = (instanceId: string, name: string, data: unknown) => Promise<void>

const attempts = 3

/** What those are told who wait for a run that is deleted. */
export const deletedReason = 'The session was deleted before the run had ended.'

/**
 * Events by means of a durable client. An orchestration that is gone waits for nothing any more, so that is no failure.
 * Other failures are met with a few more tries.
 */
export function createRaiseEvent(client: DurableClient, clock: Clock): RaiseEvent {
  return async function raiseEvent(instanceId, name, data): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.raiseEvent(toPathSegment(instanceId), toPathSegment(name), data)
        return
      } catch (error) {
        if (isFinal(error)) return
        if (attempt === attempts) throw error
        await clock.sleep(100 * 4 ** attempt)
      }
    }
  }
}

/** durable-functions tells what was answered only in these words. What the extension refuses for good is not tried again. */
function isFinal(error: unknown): boolean {
  return /^No instance with ID|unexpected status code: 4(?!08|29)/.test(toErrorMessage(error))
}

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
    const waiting = await findWaiting(log, { ...key, run }, fold(events).request)
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
