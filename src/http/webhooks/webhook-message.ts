import { createHmac } from 'node:crypto'
import { toTimestamp } from '../../core/clock.js'
import type { RunWebhook } from '../../run/control.js'
import type { StoredEvent } from '../../run/events.js'
import type { RunState } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { isAsking } from '../../run/waiting.js'
import { toMessageId, type WebhookCall } from '../../session/replies/tell-webhooks.js'
import { toPushContent } from '../protocols/a2a/push-content.js'
import { toRunBody } from '../run-answer.js'

/** What a webhook is told. */
export interface WebhookContent {
  readonly contentType: string
  /** JSON. */
  readonly body: string
}

/** What a webhook is sent, in the form of Standard Webhooks (standardwebhooks.com). */
export interface WebhookMessage extends WebhookContent {
  /** The same at each attempt: receivers know by it what they have had. */
  readonly id: string
}

/**
 * Makes the message of a call from what is known of its run now, in the words of `form`, by default our own; `undefined` when
 * there is nothing to tell any more: the run waits no longer, or is gone.
 */
export function createWebhookMessage(
  call: WebhookCall,
  events: readonly StoredEvent[],
  state: RunState,
  form?: RunWebhook['form'],
): WebhookMessage | undefined {
  const last = events.at(-1)
  if (last?.id !== call.position || events[0]?.at !== call.acceptedAt) return undefined
  if (state.outcome === undefined && !isAsking(state)) return undefined
  const key = { agent: call.agent, session: call.session, run: call.correlationId }
  const content =
    form === undefined ? toRunContent(key, last, state) : toPushContent(form, key, events, state)
  return { id: toMessageId(call), ...content }
}

/** `{ type, timestamp, data }`. */
function toRunContent(key: RunKey, { at }: StoredEvent, state: RunState): WebhookContent {
  const body = {
    type: state.outcome?.type ?? 'run.waiting',
    timestamp: toTimestamp(at),
    data: { agent: key.agent, ...toRunBody(key, state), metadata: state.request?.metadata },
  }
  return { contentType: 'application/json', body: JSON.stringify(body) }
}

/** The headers of a message that is sent at `now` (ms since 1970): one signature (HMAC-SHA256) for each key. */
export function toWebhookHeaders(
  { id, body, contentType }: WebhookMessage,
  keys: readonly Buffer[],
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const sign = (key: Buffer) =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  return {
    'content-type': contentType,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map(sign).join(' '),
  }
}
