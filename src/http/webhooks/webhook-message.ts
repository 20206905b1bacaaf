import { createHmac } from 'node:crypto'
import { toTimestamp } from '../../core/clock.js'
import type { StoredEvent } from '../../run/events.js'
import { isAsking, type RunState } from '../../run/fold.js'
import { toMessageId, type WebhookCall } from '../../session/replies/tell-webhooks.js'
import { toRunBody } from '../run-answer.js'

/** What a webhook is sent, in the form of Standard Webhooks (standardwebhooks.com). */
export interface WebhookMessage {
  /** The same at each attempt: receivers know by it what they have had. */
  readonly id: string
  /** JSON: `{ type, timestamp, data }`. */
  readonly body: string
}

/** Makes the message of a call from what is known of its run now; `undefined` when there is nothing to tell any more: the run waits no longer, or is gone. */
export function createWebhookMessage(
  call: WebhookCall,
  events: readonly StoredEvent[],
  state: RunState,
): WebhookMessage | undefined {
  const last = events.at(-1)
  if (last?.id !== call.position || events[0]?.at !== call.acceptedAt) return undefined
  if (state.outcome === undefined && !isAsking(state)) return undefined
  const { agent, session, correlationId: run } = call
  const body = {
    type: state.outcome?.type ?? 'run.waiting',
    timestamp: toTimestamp(last.at),
    data: { agent, ...toRunBody({ agent, session, run }, state), metadata: state.request?.metadata },
  }
  return { id: toMessageId(call), body: JSON.stringify(body) }
}

/** The headers of a message that is sent at `now` (ms since 1970): one signature (HMAC-SHA256) for each key. */
export function toWebhookHeaders(
  { id, body }: WebhookMessage,
  keys: readonly Buffer[],
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const sign = (key: Buffer) =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map(sign).join(' '),
  }
}
