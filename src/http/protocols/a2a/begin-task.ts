import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import { createFieldError } from '../../request-errors.js'
import { toSessionOf } from '../../session-of-run.js'
import { answerQuestion } from './answer-question.js'
import type { IsOldQuestion } from './follow-task.js'
import { type SentMessage, toContents } from './parse-send.js'
import type { RpcCall } from './rpc-call.js'
import { requireTask } from './task-access.js'
import { toMessageWish, watchTask } from './watch-task.js'

/** A task that is told, and which of its questions the caller knows. */
export interface BegunTask {
  readonly key: RunKey
  readonly isOldQuestion?: IsOldQuestion | undefined
}

/** Begins a task with a message, or answers its question. A message that is sent again finds what it did before. */
export async function beginTask(rpc: RpcCall, message: SentMessage): Promise<BegunTask> {
  const { taskId, contextId } = message
  if (taskId === undefined) return { key: await beginRun(rpc, message) }
  const found = await requireTask(rpc, taskId)
  if (contextId !== undefined && contextId !== found.key.session)
    throw createFieldError('message.contextId', 'is not the context of the task')
  const { messageId, push } = message
  if (push !== undefined) await watchTask(rpc.call, found.key, toMessageWish(messageId, push))
  return { key: found.key, isOldQuestion: await answerQuestion(rpc, found, message) }
}

/** A message is a run of that name, so that one that is sent again finds its run, also when it names no context. */
async function beginRun({ call, agent }: RpcCall, message: SentMessage): Promise<RunKey> {
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
