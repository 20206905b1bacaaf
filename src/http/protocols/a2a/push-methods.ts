import { z } from 'zod'
import { toRunWebhooks } from '../../../run/control.js'
import { isTerminal } from '../../../run/events.js'
import { fold } from '../../../run/fold.js'
import type { RunWebhook } from '../../../run/run-webhook.js'
import { A2aError } from './a2a-errors.js'
import type { A2aVersion } from './a2a-version.js'
import { legacyPushConfig, pushConfig } from './push-params.js'
import { requirePush, toPushWebhook } from './push-webhook.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { parseParams } from './rpc-request.js'
import { type FoundTask, requireTask } from './task-access.js'
import { unwatchTask, watchTask } from './watch-task.js'

/** Source: A2A 1.0, sections 3.1.7 to 3.1.10. */
const createParams = pushConfig.extend({ taskId: z.string() })
const listParams = z.looseObject({ taskId: z.string() })
const nameParams = listParams.extend({ id: z.string() })

/** Source: A2A 0.3.0, sections 7.5 to 7.8. */
const legacyCreateParams = z.looseObject({ taskId: z.string(), pushNotificationConfig: legacyPushConfig })
const legacyListParams = z.looseObject({ id: z.string() })
const legacyNameParams = legacyListParams.extend({ pushNotificationConfigId: z.string().nullish() })

/** `CreateTaskPushNotificationConfig`: has a webhook told of a task that goes on; one of the same id is told no more. */
export async function createPushConfig(rpc: RpcCall): Promise<RpcResult> {
  const { call, version, params } = rpc
  const webhooks = requirePush(call.settings)
  const { taskId, config, path } = parseCreation(version, params)
  const push = toPushWebhook(webhooks, version, config, path)
  const { key, events } = await requireTask(rpc, taskId)
  refuseEnded(taskId, events)
  await watchTask(call, key, push)
  // Whoever has ended it since may not have seen the wish.
  const later = await call.sessions.readRun(key)
  refuseEnded(taskId, later)
  // It may have begun to wait just before.
  if (fold(later).parked !== undefined)
    await call.sessions.signal(key, 'continue', { correlationId: key.run })
  await call.sessions.settle()
  return { type: 'result', result: toConfig(version, taskId, push.id, push.webhook), key }
}

function parseCreation(version: A2aVersion, params: unknown) {
  if (version === '1.0') {
    const { taskId, ...config } = parseParams(createParams, params)
    return { taskId, config, path: 'url' }
  }
  const { taskId, pushNotificationConfig: config } = parseParams(legacyCreateParams, params)
  return { taskId, config, path: 'pushNotificationConfig.url' }
}

function refuseEnded(taskId: string, events: FoundTask['events']): void {
  if (!events.some(isTerminal)) return
  const message = `Task "${taskId}" has ended: nobody will be told of it any more.`
  throw new A2aError('UNSUPPORTED_OPERATION', 'invalid_request', message)
}

/** `GetTaskPushNotificationConfig`: one of the webhooks that are told of a task. */
export async function getPushConfig(rpc: RpcCall): Promise<RpcResult> {
  requirePush(rpc.call.settings)
  const { taskId, id } = parseName(rpc)
  const { key } = await requireTask(rpc, taskId)
  const webhooks = toRunWebhooks(await rpc.call.log.controls(key))
  // Before 1.0 the only one need not be named.
  const [named = id] = id === undefined ? webhooks.keys() : []
  const webhook = named === undefined ? undefined : webhooks.get(named)
  if (named === undefined || webhook === undefined) {
    const message = `Task "${taskId}" has no push notification configuration "${id ?? ''}".`
    throw new A2aError('TASK_NOT_FOUND', 'not_found', message)
  }
  return { type: 'result', result: toConfig(rpc.version, taskId, named, webhook), key }
}

/** `ListTaskPushNotificationConfigs`: all of them. */
export async function listPushConfigs(rpc: RpcCall): Promise<RpcResult> {
  const { call, version, params } = rpc
  requirePush(call.settings)
  const taskId =
    version === '1.0' ? parseParams(listParams, params).taskId : parseParams(legacyListParams, params).id
  const { key } = await requireTask(rpc, taskId)
  const webhooks = toRunWebhooks(await call.log.controls(key))
  const configs = [...webhooks].map(([id, webhook]) => toConfig(version, taskId, id, webhook))
  return { type: 'result', result: version === '1.0' ? { configs } : configs, key }
}

/** `DeleteTaskPushNotificationConfig`: has a webhook told no more. */
export async function deletePushConfig(rpc: RpcCall): Promise<RpcResult> {
  const { call } = rpc
  requirePush(call.settings)
  const { taskId, id } = parseName(rpc)
  const { key } = await requireTask(rpc, taskId)
  await unwatchTask(call, key, id ?? '')
  await call.sessions.settle()
  return { type: 'result', result: null, key }
}

function parseName({ version, params }: RpcCall) {
  if (version === '1.0') return parseParams(nameParams, params)
  const { id: taskId, pushNotificationConfigId } = parseParams(legacyNameParams, params)
  return { taskId, id: pushNotificationConfigId ?? undefined }
}

/** Security: by what the webhook knows who tells it, is told to nobody else. */
function toConfig(version: A2aVersion, taskId: string, id: string, { url }: Pick<RunWebhook, 'url'>): object {
  return version === '1.0' ? { taskId, id, url } : { taskId, pushNotificationConfig: { id, url } }
}
