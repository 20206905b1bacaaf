import { withinMs } from '../../../core/work-limit.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import { createFieldError } from '../../request-errors.js'
import { toSessionOf } from '../../session-of-run.js'
import { createStreamLimit } from '../../stream-limit.js'
import { isEnded } from './a2a-wire.js'
import { answerQuestion } from './answer-question.js'
import { followTask, type IsOldQuestion } from './follow-task.js'
import { toLegacyTask } from './legacy-wire.js'
import { parseSend, type SentMessage, toContents } from './parse-send.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { showFrames, showTask } from './show-task.js'
import { readTask, requireTask } from './task-access.js'
import { toMessageWish, watchTask } from './watch-task.js'

/** `SendMessage`: begins a task, or answers its question; gives the task when it has ended or asks, at once when the caller does not wait, and as it stands when that takes too long. */
export async function sendMessage(rpc: RpcCall): Promise<RpcResult> {
  const { call, version } = rpc
  const message = parseSend(rpc)
  const { key, isOldQuestion } = await takeMessage(rpc, message)
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
  const { key, isOldQuestion } = await takeMessage(rpc, message)
  await call.sessions.settle()
  const limit = createStreamLimit(call)
  const { historyLength } = message
  const frames = followTask(call, key, limit, isOldQuestion)
  return { type: 'frames', frames: showFrames(key, frames, { historyLength, log: call.log }), key }
}

interface TakenMessage {
  readonly key: RunKey
  readonly isOldQuestion?: IsOldQuestion | undefined
}

async function takeMessage(rpc: RpcCall, message: SentMessage): Promise<TakenMessage> {
  const { taskId, contextId } = message
  if (taskId === undefined) return { key: await beginTask(rpc, message) }
  const found = await requireTask(rpc, taskId)
  if (contextId !== undefined && contextId !== found.key.session)
    throw createFieldError('message.contextId', 'is not the context of the task')
  const { messageId, push } = message
  if (push !== undefined) await watchTask(rpc.call, found.key, toMessageWish(messageId, push))
  return { key: found.key, isOldQuestion: await answerQuestion(rpc, found, message) }
}

/** A message is a run of that name, so that one that is sent again finds its run, also when it names no context. */
async function beginTask({ call, agent }: RpcCall, message: SentMessage): Promise<RunKey> {
  const { messageId: run, contextId, parts, responseSchema } = message
  const key = { agent: agent.name, session: contextId ?? toSessionOf(run, call.owner), run }
  const messages = [{ role: 'user', contents: toContents(parts) }] as const
  const options = { enableToolCalls: true, responseSchema }
  const request = createRunRequest({ messages, options, owner: call.owner })
  const wishes = message.push === undefined ? [] : [toMessageWish(run, message.push)]
  const isNew = await call.sessions.begin(key, request, { wishes })
  if (!isNew && wishes.length > 0) await call.sessions.tellWebhooks(key)
  return key
}

async function waitForTask({ call }: RpcCall, key: RunKey, isOldQuestion?: IsOldQuestion): Promise<void> {
  await withinMs(call.settings.waitLimitMs, async (signal) => {
    const frames = followTask(call, key, signal, isOldQuestion)
    while (!(await frames.next()).done);
  })
}
