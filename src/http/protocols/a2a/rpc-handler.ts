import { type Answer, createJsonAnswer, toRunHeaders } from '../../answers.js'
import { refuseUnknown } from '../../parse-query.js'
import type { Call } from '../../route.js'
import { createFrameStream } from '../frame-stream.js'
import { A2aError, toA2aErrorAnswer, toRpcError } from './a2a-errors.js'
import { type A2aVersion, checkVersion, knownParameters } from './a2a-version.js'
import { requireCalledAgent } from './called-agent.js'
import { toLegacyFrame } from './legacy-wire.js'
import { listTasks } from './list-tasks.js'
import { createPushConfig, deletePushConfig, getPushConfig, listPushConfigs } from './push-methods.js'
import type { RpcCall, RpcMethod, RpcResult } from './rpc-call.js'
import { parseRpcRequest, readRpcBody, toRpcId } from './rpc-request.js'
import { sendMessage, sendStreamingMessage } from './send-methods.js'
import { cancelTask, getTask, refuseExtendedCard, subscribeToTask } from './task-methods.js'

/** Source: A2A 1.0, section 9.4. */
const newest: Readonly<Record<string, RpcMethod>> = {
  SendMessage: sendMessage,
  SendStreamingMessage: sendStreamingMessage,
  GetTask: getTask,
  ListTasks: listTasks,
  CancelTask: cancelTask,
  SubscribeToTask: subscribeToTask,
  CreateTaskPushNotificationConfig: createPushConfig,
  GetTaskPushNotificationConfig: getPushConfig,
  ListTaskPushNotificationConfigs: listPushConfigs,
  DeleteTaskPushNotificationConfig: deletePushConfig,
  GetExtendedAgentCard: refuseExtendedCard,
}

/** Source: A2A 0.3.0, section 7. */
const legacy: Readonly<Record<string, RpcMethod>> = {
  'message/send': sendMessage,
  'message/stream': sendStreamingMessage,
  'tasks/get': getTask,
  'tasks/cancel': cancelTask,
  'tasks/resubscribe': subscribeToTask,
  'tasks/pushNotificationConfig/set': createPushConfig,
  'tasks/pushNotificationConfig/get': getPushConfig,
  'tasks/pushNotificationConfig/list': listPushConfigs,
  'tasks/pushNotificationConfig/delete': deletePushConfig,
  'agent/getAuthenticatedExtendedCard': refuseExtendedCard,
}

/** What can be called, in both versions. */
export const methodNames = Object.keys({ ...newest, ...legacy })

/** `POST a2a/{agent}`: a method of A2A by JSON-RPC; which version is spoken, its name says. */
export async function handleRpc(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, knownParameters)
  const agent = requireCalledAgent(call)
  const body = await readRpcBody(call)
  const id = toRpcId(body)
  try {
    checkVersion(call)
    const { method, params } = parseRpcRequest(body)
    const { run, version } = findMethod(method)
    const rpc = { call, agent, version, id, params }
    return toAnswer(rpc, await run(rpc))
  } catch (error) {
    call.onError(error)
    return toA2aErrorAnswer(error, id)
  }
}

function findMethod(method: string): { readonly run: RpcMethod; readonly version: A2aVersion } {
  const run = Object.hasOwn(newest, method) ? newest[method] : undefined
  if (run !== undefined) return { run, version: '1.0' }
  const old = Object.hasOwn(legacy, method) ? legacy[method] : undefined
  if (old !== undefined) return { run: old, version: '0.3' }
  const known = Object.keys(newest).slice(0, 6).join(', ')
  throw new A2aError('METHOD_NOT_FOUND', 'invalid_request', `method: there is no "${method}", but ${known}.`)
}

/** Each event of a stream is an answer to the request, as JSON-RPC has it. */
function toAnswer({ call, id, version }: RpcCall, result: RpcResult): Answer {
  const toRpcAnswer = (fields: object) => ({ jsonrpc: '2.0', id, ...fields })
  if (result.type === 'frames')
    return createFrameStream(call, {
      key: result.key,
      batches: result.frames,
      toData: (frame) => toRpcAnswer({ result: version === '1.0' ? frame : toLegacyFrame(frame) }),
      toErrorData: (error) => toRpcAnswer({ error: toRpcError(error) }),
    })
  const { key } = result
  const headers = key === undefined ? {} : toRunHeaders(key)
  return createJsonAnswer(toRpcAnswer({ result: result.result }), 200, headers)
}
