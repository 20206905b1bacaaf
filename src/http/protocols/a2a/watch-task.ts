import { randomUUID } from 'node:crypto'
import { toCanonicalJson } from '../../../core/json.js'
import { type ControlRecord, toWishedWebhooks } from '../../../run/control.js'
import type { RunKey } from '../../../run/run-log.js'
import type { RunWebhook } from '../../../run/run-webhook.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { openHeaders, sealHeaders } from '../../webhooks/sealed-headers.js'
import type { Webhooks } from '../../webhooks/webhook-options.js'
import { type PushWebhook, requirePush } from './push-webhook.js'

type TaskCall = Pick<Call, 'log' | 'settings'>

/** How many webhooks are told of one task, and how often that may be changed. */
const mostWebhooks = 10
const mostWishes = 100

/** What is wished of a task that a message begins; one that is sent again wishes nothing anew. */
export async function toFirstWishes(
  { log, settings }: TaskCall,
  key: RunKey,
  push: PushWebhook | undefined,
): Promise<readonly ControlRecord[]> {
  if (push === undefined) return []
  const filed = await log.controls(key)
  const isKnown = filed.some((record) => record.type === 'webhook' && record.id === push.id)
  return isKnown ? [] : toWishes(requirePush(settings), push, filed)
}

/** Has a webhook told of a task from now on; one of the same id is no longer. @throws {AgentError} `invalid_request` when it is one too many. */
export async function watchTask({ log, settings }: TaskCall, key: RunKey, push: PushWebhook): Promise<void> {
  const wishes = toWishes(requirePush(settings), push, await log.controls(key))
  for (const wish of wishes) await log.control(key, wish)
}

/** Has a webhook told of a task no longer; it may be unknown. */
export async function unwatchTask({ log }: TaskCall, key: RunKey, id: string): Promise<void> {
  if (!toWishedWebhooks(await log.controls(key)).has(id)) return
  await log.control(key, { type: 'webhook', id, wish: randomUUID() })
}

function toWishes(
  { keys }: Webhooks,
  { id, webhook, headers }: PushWebhook,
  filed: readonly ControlRecord[],
): readonly ControlRecord[] {
  const known = toWishedWebhooks(filed)
  const before = known.get(id)
  if (before !== undefined && isSame(before.webhook, { ...webhook, headers }, keys)) return []
  const isFull = before === undefined && known.size >= mostWebhooks
  if (isFull || filed.filter(({ type }) => type === 'webhook').length >= mostWishes)
    throw createFieldError(
      'url',
      `is one too many: a task has ${mostWebhooks} webhooks, and ${mostWishes} changes of them, at most`,
    )
  const sealed = Object.keys(headers).length === 0 ? undefined : sealHeaders(headers, keys)
  return [{ type: 'webhook', id, wish: randomUUID(), webhook: { ...webhook, headers: sealed } }]
}

function isSame(before: RunWebhook, wanted: object, keys: Webhooks['keys']): boolean {
  const headers = before.headers === undefined ? {} : openHeaders(before.headers, keys)
  return toCanonicalJson({ ...before, headers }) === toCanonicalJson(wanted)
}
