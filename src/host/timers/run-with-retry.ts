import { toBackoffMs } from '../../core/backoff.js'
import { pause } from '../alarm.js'
import type { InvocationOutcome, RetryContext } from '../functions.js'
import type { RetryPolicy } from './retry-policy.js'

export interface RetriedRun {
  readonly policy: RetryPolicy | undefined
  /** One attempt; without a policy it has no context. Never rejects. */
  readonly attempt: (context: RetryContext | undefined) => Promise<InvocationOutcome>
  /** Ends the waiting between attempts. */
  readonly signal: AbortSignal
  /** Called before each wait. */
  readonly onWait: (delayMs: number, retry: number) => void
}

/** Attempts a run until it succeeds or the policy is exhausted; false when the signal cut the series of attempts off. */
export async function runWithRetry({ policy, attempt, signal, onWait }: RetriedRun): Promise<boolean> {
  const maxRetryCount = policy?.maxRetryCount ?? -1
  let outcome = await attempt(policy && { retryCount: 0, maxRetryCount })
  for (let retry = 1; !outcome.succeeded && hasRetry(policy, retry); retry += 1) {
    const delayMs = toBackoffMs(policy, retry)
    onWait(delayMs, retry)
    await pause(delayMs, signal)
    if (signal.aborted) return false
    const { message, stack } = outcome
    outcome = await attempt({
      retryCount: retry,
      maxRetryCount,
      exception: { source: '', message, stackTrace: stack },
    })
  }
  return true
}

function hasRetry(policy: RetryPolicy | undefined, retry: number): policy is RetryPolicy {
  return policy !== undefined && retry <= (policy.maxRetryCount ?? Number.POSITIVE_INFINITY)
}
