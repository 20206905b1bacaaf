import type { DurableClient } from 'durable-functions'
import type { Clock } from '../../core/clock.js'
import { askTaskHub, findOrchestration } from '../../session/client/ask-task-hub.js'
import { followExpectedRun } from '../../session/client/follow-expected-run.js'
import type { SessionClient } from '../../session/client/session-client.js'
import type { Nudge } from './nudge.js'
import { readJournal } from './read-journal.js'
import { isWorkflowEnd, type NodeStarted, type StoredWorkflowEvent } from './workflow-events.js'
import { hasEnded } from './workflow-run.js'
import { readWorkflowStatus } from './workflow-status.js'

/** Where a stream's events come from. */
export interface StreamServices {
  readonly durable: DurableClient
  readonly sessions: SessionClient
  readonly clock: Clock
}

export interface FollowOptions {
  readonly signal: AbortSignal
  /** Whether the node that has begun it has come to an end: what is not there yet will not come. */
  readonly isOver: () => boolean
  /** Poked when there may be news. */
  readonly nudge: Nudge
}

/** A run's events as they arrive: dense, each once; ends after the terminal one, or when the signal aborts. */
export async function* followJournal(
  { durable, clock }: StreamServices,
  instanceId: string,
  after: number,
  { signal, isOver, nudge }: FollowOptions,
): AsyncGenerator<readonly StoredWorkflowEvent[]> {
  let last = after
  let pauseMs = firstPauseMs
  if (await isAtEnd(durable, instanceId, after)) return
  while (!signal.aborted) {
    const events = await readJournal(durable, instanceId, last)
    last += events.length
    if (events.length > 0) yield events
    if (events.some(isWorkflowEnd)) return
    if (pauseMs === longestPauseMs) {
      const isExpected = last < 0 && !isOver()
      const end = await findSilentEnd({ durable, clock }, instanceId, last, isExpected)
      if (end !== undefined) {
        yield end
        return
      }
    }
    pauseMs = events.length > 0 ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs)
    if (await nudge.pause(clock, pauseMs, signal)) pauseMs = firstPauseMs
  }
}

async function isAtEnd(durable: DurableClient, instanceId: string, after: number): Promise<boolean> {
  if (after < 0) return false
  const [event] = await readJournal(durable, instanceId, after - 1)
  return event !== undefined && isWorkflowEnd(event)
}

const firstPauseMs = 20
const longestPauseMs = 640

/**
 * The end of a run that could not tell of it itself, because it was terminated or its orchestration broke. Empty when it
 * has told, and the reader's cursor lies behind that.
 */
async function findSilentEnd(
  { durable, clock }: Pick<StreamServices, 'durable' | 'clock'>,
  instanceId: string,
  last: number,
  isExpected: boolean,
): Promise<readonly StoredWorkflowEvent[] | undefined> {
  const found = await askTaskHub(() => findOrchestration(durable, instanceId))
  const place = { id: last + 1, at: clock.now() }
  if (found === undefined && isExpected) return undefined
  if (found === undefined)
    return [{ ...place, type: 'workflow.terminated', data: { reason: 'The run was deleted.' } }]
  const status = readWorkflowStatus(found)
  if (!hasEnded(found) || (status?.events ?? 0) > last + 1) return undefined
  if (status?.state === 'completed' || status?.state === 'failed') return []
  if (found.runtimeStatus !== 'Failed') {
    const reason = String(found.output ?? found.runtimeStatus)
    return [{ ...place, type: 'workflow.terminated', data: { reason } }]
  }
  const message = 'The orchestration failed; the log has the details.'
  return [{ ...place, type: 'workflow.failed', data: { error: { node: '', code: 'internal', message } } }]
}

/** An event of an agent's run, as far as a workflow's stream needs to know it. */
export interface RunEventLike {
  readonly id: number
  readonly type: string
  readonly data: object
}

/** The events of an agent's run, which may not have been accepted yet; `isOver` says that its node has come to an end. */
export function followAgentRun(
  { sessions, clock }: StreamServices,
  { agent, sessionId, correlationId }: NonNullable<NodeStarted['run']>,
  after: number,
  { signal, isOver }: FollowOptions,
): AsyncIterable<readonly RunEventLike[]> {
  const key = { agent, session: sessionId, run: correlationId }
  return followExpectedRun(key, after, { sessions, clock, signal, isOver })
}
