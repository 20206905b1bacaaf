import type { AgentErrorCode } from '../../core/errors.js'
import type { JsonValue } from '../../core/json.js'
import { isRetryable, type Problem } from '../../core/problem.js'
import type { RunAnswer, TerminalEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import { fromWireUsage } from '../../run/wire-usage.js'
import { toStoredUsage } from '../state/stored-messages.js'

/**
 * What an orchestrator that calls `run` with a whole request gets back, as the operation's result or later as an event.
 * `messages`, `usage` and `responseId` have the names of the .NET and Python agents' responses, so that they can read it.
 */
export interface RunReply {
  /** `pending`: the run goes on or waits; an event named {@link toEndEventName} brings the reply when it ends. */
  readonly status: 'completed' | 'failed' | 'pending'
  readonly sessionId: string
  readonly correlationId: string
  readonly responseId: string
  /** The answer, or why there is none, as one message of the assistant; empty while pending. */
  readonly messages: readonly ReplyMessage[]
  readonly usage?: ReturnType<typeof toStoredUsage>
  /** The answer in the shape that was asked for. */
  readonly value?: JsonValue | undefined
  /** Why the answer is not whole; absent when it is. */
  readonly finishReason?: RunAnswer['finishReason']
  readonly error?: RunReplyError
}

export interface RunReplyError {
  readonly code: AgentErrorCode
  readonly message: string
  /** Whether another run of the same message may end otherwise. */
  readonly retryable: boolean
  /** How long to wait before it, when the model's server said so. */
  readonly retryAfterMs?: number | undefined
}

interface ReplyMessage {
  readonly role: 'assistant'
  readonly contents: readonly ReplyContent[]
}

/** Tagged as both peers tag it: .NET wants `$type`, and wants it first; Python wants `type`. */
type ReplyContent =
  | { readonly $type: 'text'; readonly type: 'text'; readonly text: string }
  | { readonly $type: 'error'; readonly type: 'error'; readonly message: string; readonly errorCode: string }

/** The name of the event that an orchestration gets when a run of its own ends. */
export function toEndEventName(correlationId: string): string {
  return `dafx-run-${correlationId}`
}

/** The reply while a run has not ended. */
export function createPendingReply(key: RunKey): RunReply {
  return { status: 'pending', ...toIds(key), messages: [] }
}

/** The reply of a run that has ended. */
export function toRunReply(key: RunKey, outcome: TerminalEvent): RunReply {
  switch (outcome.type) {
    case 'run.completed': {
      const { response: text, usage, value, finishReason } = outcome.data
      const contents = [{ $type: 'text', type: 'text', text } as const]
      return {
        status: 'completed',
        ...toIds(key),
        messages: [{ role: 'assistant', contents }],
        usage: toStoredUsage(fromWireUsage(usage)),
        value,
        finishReason,
      }
    }
    case 'run.failed':
      return createFailedReply(key, outcome.data)
    case 'run.cancelled':
      return createFailedReply(key, {
        code: 'run_cancelled',
        detail: `The run was cancelled: ${outcome.data.reason}`,
      })
  }
}

/** The reply of a run that gave no answer, or never was. */
export function createFailedReply(
  key: RunKey,
  problem: Pick<Problem, 'code' | 'detail' | 'retryable' | 'retryAfterMs'>,
): RunReply {
  const { code, detail: message, retryAfterMs } = problem
  const contents = [{ $type: 'error', type: 'error', message, errorCode: code } as const]
  return {
    status: 'failed',
    ...toIds(key),
    messages: [{ role: 'assistant', contents }],
    error: { code, message, retryable: isRetryable(problem), retryAfterMs },
  }
}

function toIds({ session, run }: RunKey) {
  return { sessionId: session, correlationId: run, responseId: run }
}
