import { type OrchestrationContext, RetryOptions, type Task } from 'durable-functions'
import type { WebhookCall } from '../session/replies/tell-webhooks.js'

/** The name of the activity that sends a message to a webhook once. */
export const webhookActivity = 'dafx-send-webhook'

const firstPauseMs = 5_000
const longestPauseMs = 12 * 60 * 60 * 1000
const attempts = 15

/** Sends a message to a webhook until it is taken, with growing pauses, for some three days in all. */
export function* sendToWebhook(context: OrchestrationContext): Generator<Task, unknown, unknown> {
  const call = context.df.getInput<WebhookCall>()
  const retry = new RetryOptions(firstPauseMs, attempts)
  retry.backoffCoefficient = 3
  retry.maxRetryIntervalInMilliseconds = longestPauseMs
  return yield context.df.callActivityWithRetry(webhookActivity, retry, call)
}
