import { type ControlRecord, toRunWebhooks } from '../../run/control.js'
import type { RunState } from '../../run/fold.js'
import type { RunWebhook } from '../../run/run-webhook.js'
import type { WebhookCall } from '../../session/replies/tell-webhooks.js'
import type { Webhooks } from './webhook-options.js'

/** Where a message goes; in our own form, and without headers of the receiver's, unless it says otherwise. */
export interface Receiver extends Partial<Pick<RunWebhook, 'form' | 'headers'>> {
  readonly url: URL
}

/** Finds who is to be told; `undefined` when nobody is any more. */
export function findReceiver(
  { to }: WebhookCall,
  { url: appUrl }: Webhooks,
  { request }: RunState,
  wishes: readonly ControlRecord[],
): Receiver | undefined {
  if (to === 'app') return appUrl && { url: appUrl }
  const url = request?.options.webhook
  const webhook = to === 'caller' ? url && { url } : toRunWebhooks(wishes).get(to.id)
  return webhook ? { ...webhook, url: new URL(webhook.url) } : undefined
}
