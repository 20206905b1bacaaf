import { importPeer } from '../../core/import-peer.js'
import type { ChatMessage } from '../../core/messages.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../../model/chat-client.js'
import type { RemoteOptions } from './remote-connection.js'
import { readPlace } from './remote-place.js'
import type { RemoteTaskSettings } from './remote-task.js'
import { formatTaskToken, parseTaskToken } from './task-token.js'

export interface RemoteClientSettings extends Omit<RemoteTaskSettings, 'connection'> {
  readonly remote: RemoteOptions
}

/**
 * An agent elsewhere in the place of a model: each answer is a task there, made in the background. The token to come back to
 * it is told before the message is sent, and again when the task has an id.
 */
export function createRemoteClient(settings: RemoteClientSettings): ChatClient {
  let loading: Promise<LoadedRemote> | undefined
  const load = () => {
    loading ??= importPeer('createA2aAgent', '@a2a-js/sdk', () => loadRemote(settings))
    return loading
  }
  return {
    model: settings.name,
    stream: (request, options) => streamTask(load, request, options),
    cancel: (continuation, { signal } = {}) => cancelTask(load, continuation, signal),
    toWaiting: (answer) => toWaitingTask(settings, answer),
  }
}

/** What finds the agent, and has it answer. */
interface LoadedRemote {
  readonly settings: RemoteTaskSettings
  readonly RemoteTask: typeof import('./remote-task.js').RemoteTask
}

async function loadRemote({ remote, ...settings }: RemoteClientSettings): Promise<LoadedRemote> {
  const [{ RemoteConnection }, { RemoteTask }] = await Promise.all([
    import('./remote-connection.js'),
    import('./remote-task.js'),
  ])
  return { settings: { ...settings, connection: new RemoteConnection(remote) }, RemoteTask }
}

/** A task that has asked a human, who may have decided since. */
function toWaitingTask({ key }: RemoteClientSettings, answer: ChatMessage): string | undefined {
  const { taskId } = readPlace(key, answer) ?? {}
  return taskId === undefined ? undefined : formatTaskToken({ messageId: '', taskId })
}

async function* streamTask(
  load: () => Promise<LoadedRemote>,
  request: ChatRequest,
  options: ChatOptions = {},
): AsyncGenerator<ChatEvent> {
  const { continuation } = request
  const token = continuation === undefined ? undefined : parseTaskToken(continuation)
  const { settings, RemoteTask } = await load()
  yield* new RemoteTask(settings, request, options, token).run()
}

async function cancelTask(
  load: () => Promise<LoadedRemote>,
  continuation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { taskId } = parseTaskToken(continuation)
  if (taskId === undefined) return
  const { connection } = (await load()).settings
  await connection.cancel(taskId, signal)
}
