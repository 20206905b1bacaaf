import { type ControlRecord, type RunWebhook, toWishedWebhooks } from '../../run/control.js'
import type { RunState } from '../../run/fold.js'
import type { WebhookCall } from '../../session/replies/tell-webhooks.js'
import { isCallerHost } from './check-caller-webhook.js'
import type { Webhooks } from './webhook-options.js'

/** Where a message goes; in our own form, and without headers of the receiver's, unless it says otherwise. */
export interface Receiver extends Partial<Pick<RunWebhook, 'form' | 'headers'>> {
  readonly url: URL
}

/**
 * Finds who is to be told; `undefined` when nobody is any more. Security: a caller's host is looked at again, as the app may have
 * ceased to allow it since it was named.
 */
export function findReceiver(
  { to }: WebhookCall,
  webhooks: Webhooks,
  { request }: RunState,
  wishes: readonly ControlRecord[],
): Receiver | undefined {
  if (to === 'app') return webhooks.url && { url: webhooks.url }
  const named = request?.options.webhook
  const webhook = to === 'caller' ? named && { url: named } : findWished(to.wish, wishes)
  if (!webhook) return
  const url = new URL(webhook.url)
  return isCallerHost(url, webhooks) ? { ...webhook, url } : undefined
}

/** The webhook of a wish that has not been followed by another one about it. */
function findWished(wish: string, wishes: readonly ControlRecord[]): RunWebhook | undefined {
  return [...toWishedWebhooks(wishes).values()].find((wished) => wished.wish === wish)?.webhook
}
