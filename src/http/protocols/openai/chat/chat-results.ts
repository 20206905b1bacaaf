import type { RunKey } from '../../../../run/run-log.js'
import { createFieldError } from '../../../request-errors.js'
import type { PlacedResult } from '../../../take-results.js'
import { toJoinedText } from '../../to-joined-text.js'
import { isSameRun, parseCallId } from '../call-id.js'
import type { ChatBodyMessage, ToolBodyMessage } from './chat-message-body.js'
import type { PlacedMessage } from './split-messages.js'

/** What a client's tools gave, and the run that goes on with it. */
export interface ChatResults {
  readonly key: RunKey
  readonly results: readonly PlacedResult[]
}

/**
 * Reads the results that a conversation ends with; `undefined` when it ends otherwise. Those before are history.
 * @throws {AgentError} `invalid_request` naming the field where one belongs to no call, a call has none, or several runs have asked for them.
 */
export function parseResults(messages: readonly PlacedMessage[]): ChatResults | undefined {
  checkCalls(messages)
  if (messages.at(-1)?.role !== 'tool') return undefined
  const start = messages.findLastIndex(({ role }) => role !== 'tool') + 1
  const placed = messages.slice(start).flatMap((message) => {
    return message.role === 'tool' ? [toPlaced(message)] : []
  })
  const [{ key } = { key: undefined }] = placed
  if (key === undefined) return undefined
  checkAnswered(messages, start)
  for (const { key: other, result } of placed) {
    if (!isSameRun(key, other)) throw createFieldError(result.path, 'is of another run than the others')
  }
  return { key, results: placed.map(({ result }) => result) }
}

/**
 * Reads the results that stand right before what the user says now; `undefined` when there are none of one run of an agent.
 * What others have made of a conversation is not refused: it is history.
 */
export function findEarlierResults(
  messages: readonly PlacedMessage[],
  agent: string,
): ChatResults | undefined {
  const start = messages.findLastIndex(({ role }) => role === 'assistant') + 1
  const placed = messages.slice(start).flatMap((message) => {
    return message.role === 'tool' && isCallId(message.tool_call_id) ? [toPlaced(message)] : []
  })
  const [{ key } = { key: undefined }] = placed
  if (key?.agent !== agent || !placed.every((one) => isSameRun(key, one.key))) return undefined
  return { key, results: placed.map(({ result }) => result) }
}

function isCallId(id: string): boolean {
  try {
    parseCallId('tool_call_id', id)
    return true
  } catch {
    return false
  }
}

function toPlaced({ tool_call_id: id, content, at }: ToolBodyMessage & PlacedMessage) {
  const path = toPath(at)
  const { callId, ...key } = parseCallId(path, id)
  return { key, result: { path, callId, outcome: { result: toJoinedText(content) } } }
}

/** A result belongs to a call of the assistant's that it follows, as for OpenAI. */
function checkCalls(messages: readonly PlacedMessage[]): void {
  let open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'assistant') open = toCallIds(message)
    else if (message.role === 'user') open = new Set()
    else if (!open.delete(message.tool_call_id))
      throw createFieldError(
        toPath(message.at),
        "must be that of a call in the assistant's message before, and once",
      )
  }
}

function checkAnswered(messages: readonly ChatBodyMessage[], start: number): void {
  const calling = messages[start - 1]
  const open = calling === undefined ? new Set() : toCallIds(calling)
  for (const message of messages.slice(start)) if (message.role === 'tool') open.delete(message.tool_call_id)
  if (open.size > 0)
    throw createFieldError('messages', "must end with the results of all calls in the assistant's message")
}

function toCallIds(message: ChatBodyMessage): Set<string> {
  return new Set(message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [])
}

function toPath(at: number): string {
  return `messages.${at}.tool_call_id`
}
