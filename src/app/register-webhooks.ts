import * as df from 'durable-functions'
import { sendWebhook } from '../http/webhooks/send-webhook.js'
import type { Webhooks } from '../http/webhooks/webhook-options.js'
import { sendToWebhook, webhookActivity } from '../orchestration/webhook-orchestrator.js'
import type { RunLog } from '../run/run-log.js'
import { type WebhookCall, webhookOrchestrator } from '../session/replies/tell-webhooks.js'

/** Registers the orchestration that sees a message to a webhook through, and the activity that sends it. */
export function registerWebhooks(webhooks: Webhooks, log: RunLog): void {
  df.app.orchestration(webhookOrchestrator, sendToWebhook)
  df.app.activity(webhookActivity, {
    handler: (call: unknown) => sendWebhook(call as WebhookCall, log, webhooks),
  })
}
