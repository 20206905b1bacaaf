import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../../model/chat-client.js'
import { isRefusal, toUnreachableError } from './remote-failures.js'
import { RemoteTask, type RemoteTaskSettings } from './remote-task.js'
import { parseTaskToken } from './task-token.js'

/**
 * An agent elsewhere in the place of a model: each answer is a task there, made in the background. The token to come back to
 * it is told before the message is sent, and again when the task has an id.
 */
export function createRemoteClient(settings: RemoteTaskSettings): ChatClient {
  return {
    model: settings.name,
    stream: (request, options) => streamTask(settings, request, options),
    cancel: (continuation, { signal } = {}) => cancelTask(settings, continuation, signal),
  }
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

/** A task that has ended, or that there is not, need not be ended. */
async function cancelTask(
  { name, connection }: RemoteTaskSettings,
  continuation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { taskId } = parseTaskToken(continuation)
  if (taskId === undefined) return
  try {
    const { client } = await connection.open()
    await client.cancelTask(
      { tenant: '', id: taskId, metadata: undefined },
      { signal: connection.limit(signal) },
    )
  } catch (error) {
    signal?.throwIfAborted()
    if (!isRefusal(error)) throw toUnreachableError(name, error)
  }
}
