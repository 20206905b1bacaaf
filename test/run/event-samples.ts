import type { JsonValue } from '../../src/core/json.js'
import { createTextMessage, type Usage } from '../../src/core/messages.js'
import type { RunEvent } from '../../src/run/events.js'

const usage: Usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
const made = { usage, model: 'm' }

export function accepted(text: string, owner?: string): RunEvent {
  const messages = [createTextMessage('user', text)]
  return { type: 'run.accepted', data: { messages, options: { enableToolCalls: true }, owner, digest: text } }
}

export function started(epoch: number, turn = 1): RunEvent {
  return { type: 'run.started', data: { epoch, attempt: epoch, turn } }
}

export function calls(step: number, ...callIds: string[]): RunEvent {
  const contents = callIds.map((callId) => ({
    type: 'functionCall' as const,
    callId,
    name: 'tool',
    arguments: {},
  }))
  return {
    type: 'step.completed',
    data: { step, message: { role: 'assistant', contents }, finishReason: 'tool_calls', ...made },
  }
}

export function answer(step: number, text: string): RunEvent {
  const message = createTextMessage('assistant', text)
  return { type: 'step.completed', data: { step, message, finishReason: 'stop', ...made } }
}

export function toolStarted(callId: string, attempt = 1): RunEvent {
  return {
    type: 'tool.started',
    data: { callId, name: 'tool', arguments: {}, idempotencyKey: `key-${callId}`, attempt },
  }
}

export function toolDone(callId: string, result: JsonValue): RunEvent {
  return { type: 'tool.completed', data: { callId, result, durationMs: 1 } }
}

export function completed(response: string): RunEvent {
  const counts = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 }
  return {
    type: 'run.completed',
    data: {
      response,
      message: 'hi',
      sessionId: 's',
      status: 'success',
      message_count: 1,
      correlationId: 'c',
      usage: counts,
    },
  }
}
