import { toTimestamp } from '../../core/clock.js'
import type { JsonObject } from '../../core/json.js'
import { type StepScope, toNestedInstanceId, toNodeContext, type Work } from './execution.js'
import type { NodeRetry } from './node-context.js'
import { callRemember, NodeFailure, toNodeError } from './node-failure.js'
import type { Settled } from './workflow-environment.js'
import { toShownOutput } from './workflow-events.js'

/** What an execution came to. */
export interface Finished {
  readonly kind: 'finished'
  /** The execution's number. */
  readonly number: number
  readonly node: string
  readonly output: unknown
  /** What it changes of the shared state. */
  readonly patch: JsonObject | undefined
}

/** The execution is to be repeated. */
export interface Retry {
  readonly kind: 'retry'
  /** Not before; ms since 1970. */
  readonly dueAt: number
  /** The agent's run that is asked for again, as nobody knows how it ended. */
  readonly run?: string | undefined
}

/** A human knows that they were asked. */
export interface Told {
  readonly kind: 'told'
}

interface EndOptions {
  /** Nothing of it is tried again. */
  readonly isFinal?: boolean
  /** @default what the node says */
  readonly retry?: NodeRetry | undefined
}

/** Takes what an execution gave, and tells of it. @throws {NodeFailure} when it failed for good. */
export function endExecution(
  scope: StepScope,
  work: Work,
  settled: Settled,
  { isFinal = false, retry = work.spec.retry }: EndOptions = {},
): Finished | Retry | Told {
  const { progress, environment } = scope
  const { node, number, attempt, spec } = work
  if (spec.kind === 'workflow') progress.leave(toNestedInstanceId(environment.instanceId, work))
  if (settled.ok && spec.kind === 'notice') return { kind: 'told' }
  if (settled.ok) return finish(scope, work, settled.output, settled.patch)
  const { error: reason } = settled
  const path = reason.node === undefined ? node.id : `${node.id}/${reason.node}`
  const error = toNodeError({ ...reason, node: path })
  const delayMs = reason.retryable && !isFinal ? toDelay(retry, attempt, reason.retryAfterMs) : undefined
  const dueAt = delayMs === undefined ? undefined : environment.now() + delayMs
  const retryAt = dueAt === undefined ? undefined : toTimestamp(dueAt)
  progress.record({
    type: 'node.failed',
    data: { node: node.id, execution: number, attempt, error, retryAt },
  })
  if (dueAt === undefined) throw new NodeFailure(error)
  return { kind: 'retry', dueAt }
}

function finish(scope: StepScope, work: Work, output: unknown, patch: JsonObject | undefined): Finished {
  const { node, number, input, spec } = work
  const remember = spec.kind === 'agent' ? spec.remember : undefined
  const remembered = remember && callRemember(node.id, () => remember(output, input, toNodeContext(scope)))
  scope.progress.record({
    type: 'node.completed',
    data: { node: node.id, execution: number, ...toShownOutput(output) },
  })
  return { kind: 'finished', number, node: node.id, output, patch: remembered ?? patch }
}

/** The pause after a failed try, in ms; `undefined` when there is none to follow. */
function toDelay(retry: NodeRetry | undefined, attempt: number, retryAfterMs = 0): number | undefined {
  if (retry === undefined || attempt >= retry.maxAttempts) return undefined
  const { delayMs = 1000, backoff = 2, maxDelayMs = 3_600_000 } = retry
  return Math.min(Math.max(delayMs * backoff ** (attempt - 1), retryAfterMs), maxDelayMs)
}
