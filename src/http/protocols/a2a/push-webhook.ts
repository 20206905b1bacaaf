import { toHexId } from '../../../core/hex-id.js'
import type { WishedWebhook } from '../../../run/control.js'
import type { HttpSettings } from '../../route.js'
import { checkCallerWebhook } from '../../webhooks/check-caller-webhook.js'
import { sealHeaders } from '../../webhooks/sealed-headers.js'
import type { Webhooks } from '../../webhooks/webhook-options.js'
import { A2aError } from './a2a-errors.js'
import type { A2aVersion } from './a2a-version.js'
import type { PushConfig } from './push-params.js'

/** A webhook that a client wants to be told of a task, checked. */
export type PushWebhook = Pick<WishedWebhook, 'id' | 'webhook'>

/** Whether clients can have themselves told of tasks anywhere. */
export function canPush({ webhooks }: HttpSettings): boolean {
  return webhooks !== undefined && webhooks.callerHosts.length > 0
}

/** The webhooks of an app whose clients can be told. @throws {A2aError} `PUSH_NOTIFICATION_NOT_SUPPORTED`. */
export function requirePush(settings: HttpSettings): Webhooks {
  if (settings.webhooks !== undefined && canPush(settings)) return settings.webhooks
  throw new A2aError(
    'PUSH_NOTIFICATION_NOT_SUPPORTED',
    'invalid_request',
    'There are no push notifications here: follow the task, or ask for it again.',
  )
}

/** Reads where a client wants to be told. Without an id, the URL is one. @throws {AgentError} `invalid_request` naming the field below `path`. */
export function toPushWebhook(
  webhooks: Webhooks,
  version: A2aVersion,
  { id, url, token, authentication }: PushConfig,
  path: string,
): PushWebhook {
  const href = checkCallerWebhook(url, webhooks, path)
  const { scheme, credentials } = authentication ?? {}
  const headers = {
    ...(scheme !== undefined && { authorization: `${scheme} ${credentials}` }),
    ...(token !== undefined && { 'x-a2a-notification-token': token }),
  }
  const sealed = Object.keys(headers).length === 0 ? undefined : sealHeaders(headers, webhooks.keys)
  return {
    id: id ?? toHexId(href),
    webhook: { url: href, form: `a2a-${version}`, headers: sealed },
  }
}
