import type { AgentDefinition } from '../../agent/agent-definition.js'
import { toAgentLimits } from '../../agent/loop/agent-limits.js'
import type { ExecutionLimits } from '../../agent/loop/run-context.js'
import type { Clock } from '../../core/clock.js'
import type { StoredEvent } from '../../run/events.js'
import { isIdle } from '../../run/waiting.js'

/** Longer than somebody who is at work is ever silent; see `sayAlive`. */
const executorSilenceMs = 20_000

/** How long one operation of an entity may take; see {@link toOperationLimits}. */
export interface OperationLimits {
  /** After this long a run is parked at its next step, and gone on with in a new operation; ms. */
  readonly parkAfterMs: number
  /** After this long the platform cuts the operation off; ms. */
  readonly hardEndMs: number
  /**
   * An operation that finds an earlier message at work elsewhere waits until that is done, or has been silent for so long; ms.
   * `undefined` where a platform never lets two operations of a session run at a time.
   */
  readonly executorSilenceMs?: number | undefined
}

/** The limits that follow from the platform's time limit for a function (`functionTimeout` of host.json); ms. */
export function toOperationLimits(functionTimeoutMs: number): OperationLimits {
  return { parkAfterMs: functionTimeoutMs / 2, hardEndMs: functionTimeoutMs * 0.95 }
}

/**
 * How long to let pass whoever works on an earlier message; see `OperationLimits`. Azure Storage hands a session over to another
 * host a minute after it was asked to, also while an operation is at work there; the embedded host never does.
 */
export function toExecutorSilence(env: NodeJS.ProcessEnv): number | undefined {
  return env.FUNCTIONS_EMBEDDED_DATA_DIR === undefined ? executorSilenceMs : undefined
}

/** What the limits of an execution follow from. */
export interface LimitedExecution {
  readonly agent: AgentDefinition
  readonly limits: OperationLimits
  /** When the operation began; ms since 1970. */
  readonly startedAt: number
  /** Tokens the session has spent before this run. */
  readonly sessionTokens: number
  readonly clock: Clock
}

/** How far an execution may go that begins now, by what the log holds of its run. */
export function toExecutionLimits(
  { agent, limits, startedAt, sessionTokens, clock }: LimitedExecution,
  events: readonly StoredEvent[],
): ExecutionLimits {
  const { runTimeoutMs } = agent
  return {
    ...toAgentLimits(agent, sessionTokens),
    parkAfter: startedAt + limits.parkAfterMs,
    hardEnd: startedAt + limits.hardEndMs,
    runEnd: runTimeoutMs === undefined ? undefined : toActiveStart(events, clock.now()) + runTimeoutMs,
  }
}

/** When a run would have been accepted had it never waited for a human or a pending tool; ms since 1970. */
function toActiveStart(events: readonly StoredEvent[], now: number): number {
  let start = events[0]?.at ?? now
  let parkedAt: number | undefined
  for (const event of events) {
    if (event.type === 'run.parked' && isIdle(event.data.reason)) parkedAt = event.at
    else if (parkedAt !== undefined) {
      start += event.at - parkedAt
      parkedAt = undefined
    }
  }
  return parkedAt === undefined ? start : start + now - parkedAt
}
