import { AgentError } from '../../core/errors.js'
import { isRetryable } from '../../core/problem.js'
import type { RunAnswer, RunRequest, TerminalEvent } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import type { SessionClient } from './session-client.js'

/** A message that the platform hands over once or more often. */
export interface Delivery {
  readonly session: SessionKey
  /** Names the message: the correlation id of its run. */
  readonly id: string
  readonly request: RunRequest
}

/**
 * Sees the run of a delivered message to its end, and gives its answer; `undefined` when it was cancelled, waits for a
 * human, or is not over when the signal aborts. A message that is delivered again finds its run; only when that has
 * failed for a reason that may pass, another one is begun.
 * @throws {AgentError} with the code that the run failed with, so that the platform delivers the message again.
 */
export async function runDelivery(
  sessions: SessionClient,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<RunAnswer | undefined> {
  const key = await startAttempt(sessions, delivery)
  const news = await sessions.waitForNews(key, signal)
  if (news === undefined || news === 'waiting') return undefined
  switch (news.type) {
    case 'run.completed':
      return news.data
    case 'run.failed':
      throw new AgentError(news.data.code, news.data.detail, { retryable: isRetryable(news.data) })
    case 'run.cancelled':
      return undefined
  }
}

/** The newest run of the message, begun if need be. */
async function startAttempt(sessions: SessionClient, { session, id, request }: Delivery): Promise<RunKey> {
  for (let attempt = 1; ; attempt += 1) {
    const key = { ...session, run: attempt === 1 ? id : `${id}.${attempt}` }
    const events = await sessions.readRun(key)
    const { outcome } = fold(events)
    if (outcome !== undefined && mayPass(outcome)) continue
    if (events.length === 0) await sessions.start(key, request)
    else if (outcome === undefined) await sessions.entities.signal(key, 'run', { correlationId: key.run })
    return key
  }
}

function mayPass(outcome: TerminalEvent): boolean {
  return outcome.type === 'run.failed' && isRetryable(outcome.data)
}
