import type { AguiMessage } from './agui-events.js'

/** The id of a message that a run has made: whose it is can be told from it. */
export function toMessageId(run: string, name: string): string {
  return `${run}.${name}`
}

/** Whether a run has made a message of that id. */
export function isMessageOf(run: string, id: string): boolean {
  return id.startsWith(toMessageId(run, ''))
}

/** Whether a run has made a message, or what it tells came of a tool call of that run. */
export function isPartOf(run: string, { id, toolCallId }: AguiMessage): boolean {
  return isMessageOf(run, id) || (typeof toolCallId === 'string' && isMessageOf(run, toolCallId))
}

/** The id that clients know a tool call by: no other of its conversation has it, while a model's ids need be unique in an answer alone. */
export function toToolCallId(run: string, callId: string): string {
  return toMessageId(run, callId)
}
