import { hash } from 'node:crypto'
import type { DurableClient } from 'durable-functions'
import { toCanonicalJson } from '../../core/json.js'
import { toWishedWebhooks } from '../../run/control.js'
import type { RunRequest } from '../../run/events.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { startOnce } from '../client/start-once.js'

/** The name of the orchestration that sees a message to a webhook through. */
export const webhookOrchestrator = 'dafx-webhook'

/**
 * A message to a webhook: how a run ended, or that it waits. What it says, where it goes and what signs it is found when it is
 * sent: nothing of that stands in the task hub.
 */
export interface WebhookCall {
  readonly agent: string
  /** The session's key. */
  readonly session: string
  readonly correlationId: string
  /** Tells the run from one that had its id before it; ms since 1970. */
  readonly acceptedAt: number
  /** The record that it is about: the run's last, or the one with which it began to wait. */
  readonly position: number
  /** Whose webhook it goes to: the app's, that of the run's caller, or the one that a wish about the run has named. */
  readonly to: 'app' | 'caller' | { readonly wish: string }
}

/** Names a message: the same at each attempt to send it, and for no other. */
export function toMessageId(call: WebhookCall): string {
  return hash('sha256', toCanonicalJson(call)).slice(0, 40)
}

/** Has the webhooks of a run told how it has ended, or that it waits. May be repeated: each is told once. */
export type TellWebhooks = (key: RunKey, request: RunRequest) => Promise<void>

/** Which webhooks are told of runs: of all of them one of the app's too, or only those that callers name. */
export type ToldWebhooks = 'all' | 'named'

/** Tells webhooks by orchestrations, which outlast whatever happens to hosts and receivers. */
export function createTellWebhooks(client: DurableClient, log: RunLog, who: ToldWebhooks): TellWebhooks {
  return async function tellWebhooks(key, { options }): Promise<void> {
    const receivers: WebhookCall['to'][] = who === 'all' ? ['app'] : []
    if (options.webhook !== undefined) receivers.push('caller')
    for (const { wish } of toWishedWebhooks(await log.controls(key)).values()) receivers.push({ wish })
    if (receivers.length === 0) return
    const events = await log.read(key)
    const [accepted] = events
    if (accepted === undefined) return
    const { agent, session, run: correlationId } = key
    const run = { agent, session, correlationId, acceptedAt: accepted.at, position: events.length - 1 }
    for (const to of receivers) {
      const call: WebhookCall = { ...run, to }
      await startOnce(client, webhookOrchestrator, `${webhookOrchestrator}-${toMessageId(call)}`, call)
    }
  }
}
