import { randomUUID } from 'node:crypto'
import { toHexId } from '../../../core/hex-id.js'
import { toCanonicalJson } from '../../../core/json.js'
import { type ControlRecord, type RunWebhook, toWishedWebhooks } from '../../../run/control.js'
import type { RunKey } from '../../../run/run-log.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { openHeaders } from '../../webhooks/sealed-headers.js'
import type { Webhooks } from '../../webhooks/webhook-options.js'
import { type PushWebhook, requirePush } from './push-webhook.js'

/** How many webhooks are told of one task, and how often that may be changed. */
const mostWebhooks = 10
const mostWishes = 100

/** What a message wishes of its task; one that is sent again wishes nothing anew. */
export function toMessageWish(messageId: string, push: PushWebhook): ControlRecord & PushWebhook {
  return { type: 'webhook', wish: toHexId(messageId), ...push }
}

/** What somebody wishes who sends no message. */
export function toWish(push: PushWebhook): ControlRecord & PushWebhook {
  return { type: 'webhook', wish: randomUUID(), ...push }
}

/** Has a webhook told of a task from now on; one of the same id is told no more. @throws {AgentError} `invalid_request` when it is one too many. */
export async function watchTask(
  { log, settings }: Pick<Call, 'log' | 'settings'>,
  key: RunKey,
  wish: ControlRecord & PushWebhook,
): Promise<void> {
  const { keys } = requirePush(settings)
  const filed = await log.controls(key)
  const wished = toWishedWebhooks(filed)
  const before = wished.get(wish.id)
  if (before !== undefined && isSame(before.webhook, wish.webhook, keys)) return
  const isFull = before === undefined && wished.size >= mostWebhooks
  if (isFull || filed.filter(({ type }) => type === 'webhook').length >= mostWishes)
    throw createFieldError(
      'url',
      `is one too many: a task has ${mostWebhooks} webhooks, and ${mostWishes} changes of them, at most`,
    )
  await log.control(key, wish)
}

/** Has a webhook told of a task no longer; it may be unknown. */
export async function unwatchTask({ log }: Pick<Call, 'log'>, key: RunKey, id: string): Promise<void> {
  if (!toWishedWebhooks(await log.controls(key)).has(id)) return
  await log.control(key, { type: 'webhook', id, wish: randomUUID() })
}

/** Whether two webhooks are told in the same way. What is sealed twice does not look the same. */
function isSame(one: RunWebhook, other: RunWebhook, keys: Webhooks['keys']): boolean {
  const [first, second] = [one, other].map(({ headers, ...rest }) =>
    toCanonicalJson({ ...rest, headers: headers && (openHeaders(headers, keys) ?? headers) }),
  )
  return first === second
}
