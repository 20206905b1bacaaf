import type { DurableClient } from 'durable-functions'
import type { Clock } from '../core/clock.js'
import { toErrorMessage } from '../core/errors.js'
import { isTerminal, type TerminalEvent } from '../run/events.js'
import { fold } from '../run/fold.js'
import type { RunKey, RunLog, SessionKey } from '../run/run-log.js'
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
        // durable-functions puts both into a URL as they are.
        await client.raiseEvent(encodeURIComponent(instanceId), encodeURIComponent(name), data)
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

/** Tells the orchestration that waits for a run, if there is one, how it ended. */
export async function announceEnd(
  raiseEvent: RaiseEvent | undefined,
  key: RunKey,
  orchestrationId: string | undefined,
  outcome: TerminalEvent,
): Promise<void> {
  await announce(raiseEvent, key, orchestrationId, toRunReply(key, outcome))
}

/** Tells the orchestrations that wait for runs of a session accepted before `before` (ms since 1970), which are about to be deleted, that nothing will come of them. */
export async function announceDeletion(
  raiseEvent: RaiseEvent | undefined,
  log: RunLog,
  key: SessionKey,
  before: number,
): Promise<void> {
  if (raiseEvent === undefined) return
  for (const { run, acceptedAt } of await log.runsAfter(key, Number.MAX_SAFE_INTEGER)) {
    if (acceptedAt >= before) continue
    const events = await log.read({ ...key, run })
    const orchestrationId = fold(events).request?.orchestrationId
    if (events.some(isTerminal)) continue
    const reply = createFailedReply({ ...key, run }, { code: 'run_cancelled', detail: deletedReason })
    await announce(raiseEvent, { ...key, run }, orchestrationId, reply)
  }
}

async function announce(
  raiseEvent: RaiseEvent | undefined,
  { run }: RunKey,
  orchestrationId: string | undefined,
  reply: RunReply,
): Promise<void> {
  if (raiseEvent === undefined || orchestrationId === undefined) return
  await raiseEvent(orchestrationId, toEndEventName(run), reply)
}
