import { checkCount } from '../core/check-count.js'
import { checkOptions } from '../core/check-options.js'
import { sleep as sleepFor } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from './chat-client.js'
import { findChatCall } from './telemetry/chat-call.js'
import { withStream } from './with-stream.js'

export interface RetryOptions {
  /** How often the model is asked at most, the first time included; at least 1. @default 3 */
  readonly maxAttempts?: number | undefined
  /** Wait before the second attempt; it doubles for each further one, and up to half of it is left off at random. @default 500 */
  readonly initialDelayMs?: number | undefined
  /** Longest wait: quotas are counted by the minute. When the server asks for a longer one, there is no further attempt. @default 60_000 */
  readonly maxDelayMs?: number | undefined
  /** Waits. @default a timer; tests give their own */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined
  /** A number from 0 up to but not including 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

const retryOptions = {
  maxAttempts: true,
  initialDelayMs: true,
  maxDelayMs: true,
  sleep: true,
  random: true,
} as const

/**
 * The same client, but a call that failed with a `retryable` error is made again, after a growing wait that is never
 * shorter than the server asked for (`retryAfterMs`). When deltas had come out by then, `reset` is emitted first.
 * An answer in the background is come back to instead of asked for again, as long as it is not lost.
 * The error of the last attempt is thrown as it is; an abort ends the waits too.
 * @throws {AgentError} `invalid_configuration` when there is no client, `maxAttempts` is not a whole number from 1, or naming an option that there is not.
 */
export function withRetry(client: ChatClient, options: RetryOptions = {}): ChatClient {
  checkOptions('withRetry', options, retryOptions)
  if (typeof client?.stream !== 'function') {
    throw new AgentError(
      'invalid_configuration',
      'withRetry needs a client, such as createOpenAIChatClient({ model }) gives.',
    )
  }
  const policy = resolvePolicy(options)
  return withStream(client, (request, chatOptions) =>
    streamWithRetry({ client, policy }, request, chatOptions),
  )
}

type RetryPolicy = { readonly [Name in keyof RetryOptions]-?: NonNullable<RetryOptions[Name]> }

function resolvePolicy(options: RetryOptions): RetryPolicy {
  const { maxAttempts = 3, initialDelayMs = 500, maxDelayMs = 60_000 } = options
  const { sleep = sleepFor, random = Math.random } = options
  checkCount('maxAttempts', maxAttempts)
  return { maxAttempts, initialDelayMs, maxDelayMs, sleep, random }
}

async function* streamWithRetry(
  { client, policy }: { readonly client: ChatClient; readonly policy: RetryPolicy },
  request: ChatRequest,
  options: ChatOptions = {},
): AsyncGenerator<ChatEvent> {
  let { continuation } = request
  for (let attempt = 1; ; attempt++) {
    let hasDeltas = false
    try {
      for await (const event of client.stream({ ...request, continuation }, options)) {
        if (event.type === 'continuation') continuation = event.token
        else hasDeltas = true
        yield event
        if (event.type === 'completed') return
      }
      return
    } catch (error) {
      const delayMs = resolveDelayMs(error, attempt, policy)
      if (delayMs === undefined || options.signal?.aborted) throw error
      findChatCall()?.noteRetry(error, delayMs)
      await policy.sleep(delayMs, options.signal)
    }
    if (hasDeltas) yield { type: 'reset' }
  }
}

/** How long to wait before the next attempt; `undefined` when there is to be none. */
function resolveDelayMs(error: unknown, attempt: number, policy: RetryPolicy): number | undefined {
  const { maxAttempts, initialDelayMs, maxDelayMs, random } = policy
  if (attempt >= maxAttempts || !(error instanceof AgentError) || !error.retryable) return undefined
  const { retryAfterMs = 0 } = error
  if (retryAfterMs > maxDelayMs) return undefined
  const backoffMs = Math.min(initialDelayMs * 2 ** (attempt - 1), maxDelayMs)
  return Math.max(retryAfterMs, Math.round(backoffMs * (1 - random() / 2)))
}
