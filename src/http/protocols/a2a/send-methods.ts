import { withinMs } from '../../../core/work-limit.js'
import type { RunKey } from '../../../run/run-log.js'
import { createStreamLimit } from '../../stream-limit.js'
import { isEnded } from './a2a-wire.js'
import { beginTask } from './begin-task.js'
import { followTask, type IsOldQuestion } from './follow-task.js'
import { toLegacyTask } from './legacy-wire.js'
import { parseSend } from './parse-send.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { showFrames, showTask } from './show-task.js'
import { readTask } from './task-access.js'

/** `SendMessage`: begins a task, or answers its question; gives the task when it has ended or asks, at once when the caller does not wait, and as it stands when that takes too long. */
export async function sendMessage(rpc: RpcCall): Promise<RpcResult> {
  const { call, version } = rpc
  const message = parseSend(rpc)
  const { key, isOldQuestion } = await beginTask(rpc, message)
  if (message.isWaiting) await waitForTask(rpc, key, isOldQuestion)
  const task = await readTask(rpc, key)
  if (!isEnded(task)) await call.sessions.settle()
  const { historyLength } = message
  const shown = await showTask(key, task, { historyLength, log: call.log })
  const result = version === '1.0' ? { task: shown } : toLegacyTask(shown)
  return { type: 'result', result, key }
}

/** `SendStreamingMessage`: the same, told as it comes. */
export async function sendStreamingMessage(rpc: RpcCall): Promise<RpcResult> {
  const { call } = rpc
  const message = parseSend(rpc)
  const { key, isOldQuestion } = await beginTask(rpc, message)
  await call.sessions.settle()
  const limit = createStreamLimit(call)
  const { historyLength } = message
  const frames = followTask(call, key, limit, isOldQuestion)
  return { type: 'frames', frames: showFrames(key, frames, { historyLength, log: call.log }), key }
}

async function waitForTask({ call }: RpcCall, key: RunKey, isOldQuestion?: IsOldQuestion): Promise<void> {
  await withinMs(call.settings.waitLimitMs, async (signal) => {
    const frames = followTask(call, key, signal, isOldQuestion)
    while (!(await frames.next()).done);
  })
}
