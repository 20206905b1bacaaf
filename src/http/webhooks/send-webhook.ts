import { systemClock, toTimestamp } from '../../core/clock.js'
import { fold, withWishes } from '../../run/fold.js'
import type { RunLog } from '../../run/run-log.js'
import type { WebhookCall } from '../../session/replies/tell-webhooks.js'
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
  { keys, url: appUrl }: Webhooks,
): Promise<WebhookDelivery> {
  const key = { agent: call.agent, session: call.session, run: call.correlationId }
  const events = await log.read(key)
  const state = withWishes(fold(events), await log.controls(key), toTimestamp(systemClock.now()))
  const message = createWebhookMessage(call, events, state)
  const callerUrl = state.request?.options.webhook
  const url = call.to === 'app' ? appUrl : callerUrl && new URL(callerUrl)
  if (message === undefined || !url) return { outcome: 'void' }
  return post(url, message, toWebhookHeaders(message, keys, systemClock.now()))
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
