import type { ChatMessage } from '../../core/messages.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../../model/chat-client.js'
import { readPlace } from './remote-place.js'
import { RemoteTask, type RemoteTaskSettings } from './remote-task.js'
import { formatTaskToken, parseTaskToken } from './task-token.js'

/**
 * An agent elsewhere in the place of a model: each answer is a task there, made in the background. The token to come back to
 * it is told before the message is sent, and again when the task has an id.
 */
export function createRemoteClient(settings: RemoteTaskSettings): ChatClient {
  return {
    model: settings.name,
    stream: (request, options) => streamTask(settings, request, options),
    cancel: (continuation, { signal } = {}) => cancelTask(settings, continuation, signal),
    toWaiting: (answer) => toWaitingTask(settings, answer),
  }
}

/** A task that has asked a human, who may have decided since. */
function toWaitingTask({ key }: RemoteTaskSettings, answer: ChatMessage): string | undefined {
  const { taskId } = readPlace(key, answer) ?? {}
  return taskId === undefined ? undefined : formatTaskToken({ messageId: '', taskId })
}

async function* streamTask(
  settings: RemoteTaskSettings,
  request: ChatRequest,
  options: ChatOptions = {},
): AsyncGenerator<ChatEvent> {
  const { continuation } = request
  const token = continuation === undefined ? undefined : parseTaskToken(continuation)
  yield* new RemoteTask(settings, request, options, token).run()
}

async function cancelTask(
  { connection }: RemoteTaskSettings,
  continuation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { taskId } = parseTaskToken(continuation)
  if (taskId !== undefined) await connection.cancel(taskId, signal)
}
