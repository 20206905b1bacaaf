import type { ChatCompletionsRequestBody, RequestMessage } from './chat-completions-server-steps.js'

/**
 * Why OpenAI would refuse this request with status 400; `undefined` when it would not. Not everything that it
 * refuses, but what a client gets wrong: results without calls, calls without results, empty lists.
 * Wire: OpenAI API reference, "Create chat completion".
 */
export function findRequestMistake(body: ChatCompletionsRequestBody): string | undefined {
  if (typeof body.model !== 'string' || body.model === '') return 'you must provide a model parameter'
  if (!Array.isArray(body.messages) || body.messages.length === 0) return 'messages must not be empty'
  if (body.tools?.length === 0) return 'tools must not be an empty array'
  if (body.tool_choice !== undefined && body.tools === undefined) return 'tool_choice needs tools'
  if (body.stream_options && body.stream !== true) return 'stream_options needs stream'
  return findMessageMistake(body.messages)
}

function findMessageMistake(messages: readonly RequestMessage[]): string | undefined {
  let open = new Set<string>()
  for (const { role, tool_call_id: id = '', tool_calls: calls = [] } of messages) {
    if (role === 'tool') {
      if (!open.delete(id)) return 'messages with role tool must answer a preceding message with tool_calls'
      continue
    }
    if (open.size > 0) return `tool_calls must be followed by tool messages; missing: ${[...open].join(', ')}`
    open = new Set(calls.map((call) => call.id))
    if (open.size < calls.length) return 'tool calls of one message must have different ids'
  }
  return open.size > 0
    ? `tool_calls must be followed by tool messages; missing: ${[...open].join(', ')}`
    : undefined
}
