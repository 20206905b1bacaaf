import { z } from 'zod'
import { withinMs } from '../../../core/work-limit.js'
import { isTerminal } from '../../../run/events.js'
import { createStreamLimit } from '../../stream-limit.js'
import { A2aError } from './a2a-errors.js'
import { followTask, toStandingTask, toTask } from './follow-task.js'
import { toTaskResult } from './legacy-wire.js'
import { historyLength } from './message-params.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { parseParams } from './rpc-request.js'
import { showFrames, showTask } from './show-task.js'
import { readTask, requireTask } from './task-access.js'

const taskParams = z.looseObject({ id: z.string().min(1) })
const getParams = taskParams.extend({ historyLength })

/** How long a caller waits for a task to stop, before it is told that it has not yet; ms. */
const cancelWaitMs = 5000

/** `GetTask`: a task as it stands. */
export async function getTask(rpc: RpcCall): Promise<RpcResult> {
  const { id, historyLength } = parseParams(getParams, rpc.params)
  const { key, events } = await requireTask(rpc, id)
  const shown = { historyLength: historyLength ?? undefined, log: rpc.call.log }
  const task = await showTask(key, await toStandingTask(rpc.call, key, events), shown)
  return { type: 'result', result: toTaskResult(rpc.version, task), key }
}

/** `CancelTask`: stops a run wherever it is; gives the task, which may be working still if it is busy elsewhere. */
export async function cancelTask(rpc: RpcCall): Promise<RpcResult> {
  const { sessions, settings, log } = rpc.call
  const { id } = parseParams(taskParams, rpc.params)
  const { key, events } = await requireTask(rpc, id)
  const { status } = toTask(key, events)
  if (events.some(isTerminal)) throw createNotCancelableError(id, status.state)
  await sessions.cancel(key)
  await withinMs(Math.min(settings.waitLimitMs, cancelWaitMs), async (signal) => {
    for await (const batch of sessions.follow(key, events.length - 1, signal))
      if (batch.some(isTerminal)) return
  })
  const task = await showTask(key, await readTask(rpc, key), { log })
  return { type: 'result', result: toTaskResult(rpc.version, task), key }
}

function createNotCancelableError(id: string, state: string): A2aError {
  const message = `Task "${id}" cannot be cancelled: it is ${state}.`
  return new A2aError('TASK_NOT_CANCELABLE', 'invalid_request', message)
}

/** `SubscribeToTask`: a task as it is, then what becomes of it. One that asks is followed past its question. */
export async function subscribeToTask(rpc: RpcCall): Promise<RpcResult> {
  const { call, version } = rpc
  const { id } = parseParams(taskParams, rpc.params)
  const { key, events } = await requireTask(rpc, id)
  // Before 1.0 a task that has ended is told once more.
  if (version === '1.0' && events.some(isTerminal)) {
    const message = `Task "${id}" has ended: ask for it by GetTask.`
    throw new A2aError('UNSUPPORTED_OPERATION', 'invalid_request', message)
  }
  const limit = createStreamLimit(call)
  const frames = followTask(call, key, limit, () => true)
  return { type: 'frames', frames: showFrames(key, frames, { log: call.log }), key }
}

/** `GetExtendedAgentCard`: the card tells all there is. */
export async function refuseExtendedCard(): Promise<RpcResult> {
  throw new A2aError(
    'UNSUPPORTED_OPERATION',
    'invalid_request',
    'There is no extended agent card: the public one tells all.',
  )
}
