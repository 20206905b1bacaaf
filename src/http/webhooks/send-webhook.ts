import { systemClock, toTimestamp } from '../../core/clock.js'
import { fold } from '../../run/fold.js'
import type { RunLog } from '../../run/run-log.js'
import { withWishes } from '../../run/waiting.js'
import type { WebhookCall } from '../../session/replies/tell-webhooks.js'
import { findReceiver, type Receiver } from './find-receiver.js'
import { openHeaders, type SecretHeaders } from './sealed-headers.js'
import { createWebhookMessage, toWebhookHeaders, type WebhookMessage } from './webhook-message.js'
import type { Webhooks } from './webhook-options.js'

/** What became of a message. */
export interface WebhookDelivery {
  /** `gone`: the receiver wants no more of it (410). `void`: there is nothing to tell any more, or nobody. */
  readonly outcome: 'delivered' | 'gone' | 'void'
  /** The receiver's status code. */
  readonly status?: number
}

/** How long a receiver may take to answer; ms. */
const patienceMs = 15_000

/** Sends a message once. @throws {Error} when it is to be sent again, naming the receiver's host and what it answered. */
export async function sendWebhook(
  call: WebhookCall,
  log: RunLog,
  webhooks: Webhooks,
): Promise<WebhookDelivery> {
  const key = { agent: call.agent, session: call.session, run: call.correlationId }
  const [events, wishes] = await Promise.all([log.read(key), log.controls(key)])
  const state = withWishes(fold(events), wishes, toTimestamp(systemClock.now()))
  const receiver = findReceiver(call, webhooks, state, wishes)
  if (receiver === undefined) return { outcome: 'void' }
  const message = createWebhookMessage(call, events, state, receiver.form)
  if (message === undefined) return { outcome: 'void' }
  const signed = toWebhookHeaders(message, webhooks.keys, systemClock.now())
  return post(receiver.url, message, { ...signed, ...toOwnHeaders(receiver, webhooks) })
}

/** @throws {Error} when their secret is gone: without them nobody would take the message. */
function toOwnHeaders({ url, headers: sealed }: Receiver, { keys }: Webhooks): SecretHeaders {
  const headers = sealed === undefined ? {} : openHeaders(sealed, keys)
  if (headers !== undefined) return headers
  throw new Error(
    `What the webhook at ${url.host} is to be sent with was sealed by a secret that webhooks no longer has.`,
  )
}

/** Security: redirects are not followed, as nobody has allowed where they lead; what is thrown has no more of the URL than its host. */
async function post(
  url: URL,
  { body }: WebhookMessage,
  headers: Readonly<Record<string, string>>,
): Promise<WebhookDelivery> {
  let status: number
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    await answer.body?.cancel()
    status = answer.status
  } catch (cause) {
    throw new Error(`The webhook at ${url.host} cannot be reached.`, { cause })
  }
  if (status >= 200 && status < 300) return { outcome: 'delivered', status }
  if (status === 410) return { outcome: 'gone', status }
  throw new Error(`The webhook at ${url.host} answered ${status}.`)
}
