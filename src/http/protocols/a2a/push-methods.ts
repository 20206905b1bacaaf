import { z } from 'zod'
import { toWishedWebhooks } from '../../../run/control.js'
import { createFieldError } from '../../request-errors.js'
import { A2aError } from './a2a-errors.js'
import type { A2aVersion } from './a2a-version.js'
import { legacyPushConfig, pushConfig } from './push-params.js'
import { type PushWebhook, requirePush, toPushWebhook } from './push-webhook.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { optionalText, parseParams } from './rpc-request.js'
import { requireTask } from './task-access.js'
import { toWish, unwatchTask, watchTask } from './watch-task.js'

const task = z.looseObject({ taskId: z.string() })
const legacyTask = z.looseObject({ id: z.string() })

/** Sources, here and below: A2A 1.0, sections 3.1.7 to 3.1.10; A2A 0.3.0, sections 7.5 to 7.8. */
const createParams = {
  '1.0': pushConfig
    .extend({ taskId: z.string() })
    .transform(({ taskId, ...config }) => ({ taskId, config, path: 'url' })),
  '0.3': task
    .extend({ pushNotificationConfig: legacyPushConfig })
    .transform(({ taskId, pushNotificationConfig: config }) => {
      return { taskId, config, path: 'pushNotificationConfig.url' }
    }),
}

const listParams = { '1.0': task, '0.3': legacyTask.transform(({ id }) => ({ taskId: id })) }

const nameParams = {
  '1.0': task.extend({ id: z.string().min(1) }),
  '0.3': legacyTask
    .extend({ pushNotificationConfigId: optionalText })
    .transform(({ id, pushNotificationConfigId }) => ({ taskId: id, id: pushNotificationConfigId })),
}

/** `CreateTaskPushNotificationConfig`: has a webhook told of a task, at once if that has ended or asks something; one of the same id is told no more. */
export async function createPushConfig(rpc: RpcCall): Promise<RpcResult> {
  const { call, version, params } = rpc
  const webhooks = requirePush(call.settings)
  const { taskId, config, path } = parseParams(createParams[version], params)
  const push = toPushWebhook(webhooks, version, config, path)
  const { key } = await requireTask(rpc, taskId)
  await watchTask(call, key, toWish(push))
  await call.sessions.settle()
  await call.sessions.tellWebhooks(key)
  return { type: 'result', result: toConfig(version, taskId, push), key }
}

/** `GetTaskPushNotificationConfig`: one of the webhooks that are told of a task. */
export async function getPushConfig(rpc: RpcCall): Promise<RpcResult> {
  const { call, version, params } = rpc
  requirePush(call.settings)
  const { taskId, id } = parseParams(nameParams[version], params)
  const { key } = await requireTask(rpc, taskId)
  const wished = toWishedWebhooks(await call.log.controls(key))
  // Before 1.0 the first one need not be named.
  const [found] = id === undefined ? wished.values() : [wished.get(id)]
  if (found === undefined) {
    const message = `Task "${taskId}" has no push notification configuration "${id ?? ''}".`
    throw new A2aError('TASK_NOT_FOUND', 'not_found', message)
  }
  return { type: 'result', result: toConfig(version, taskId, found), key }
}

/** `ListTaskPushNotificationConfigs`: all of them. */
export async function listPushConfigs(rpc: RpcCall): Promise<RpcResult> {
  const { call, version, params } = rpc
  requirePush(call.settings)
  const { taskId } = parseParams(listParams[version], params)
  const { key } = await requireTask(rpc, taskId)
  const wished = toWishedWebhooks(await call.log.controls(key))
  const configs = [...wished.values()].map((webhook) => toConfig(version, taskId, webhook))
  return { type: 'result', result: version === '1.0' ? { configs } : configs, key }
}

/** `DeleteTaskPushNotificationConfig`: has a webhook told no more. */
export async function deletePushConfig(rpc: RpcCall): Promise<RpcResult> {
  const { call, version, params } = rpc
  requirePush(call.settings)
  const { taskId, id } = parseParams(nameParams[version], params)
  if (id === undefined) throw createFieldError('pushNotificationConfigId', 'is required')
  const { key } = await requireTask(rpc, taskId)
  await unwatchTask(call, key, id)
  await call.sessions.settle()
  return { type: 'result', result: null, key }
}

/** Security: by what the webhook knows who tells it, is told to nobody else. */
function toConfig(
  version: A2aVersion,
  taskId: string,
  { id, webhook: { url } }: Pick<PushWebhook, 'id' | 'webhook'>,
): object {
  return version === '1.0' ? { taskId, id, url } : { taskId, pushNotificationConfig: { id, url } }
}
