import type { JsonObject, JsonValue } from '../../src/core/json.js'
import { type Content, createTextMessage, type Usage } from '../../src/core/messages.js'
import type { RunEvent, RunRequest, StoredEvent } from '../../src/run/events.js'

const usage: Usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
const made = { usage, model: 'm' }

export function accepted(text: string, owner?: string): RunEvent {
  const messages = [createTextMessage('user', text)]
  return { type: 'run.accepted', data: { messages, options: { enableToolCalls: true }, owner, digest: text } }
}

/** The same as a log is given it. */
export function request(text = 'x', owner?: string): RunRequest {
  const event = accepted(text, owner)
  if (event.type !== 'run.accepted') throw new Error('It is no request.')
  return event.data
}

export function started(epoch: number, turn = 1): RunEvent {
  return { type: 'run.started', data: { epoch, attempt: epoch, turn } }
}

export function thinks(step: number, text: string): RunEvent {
  return { type: 'reasoning.delta', data: { step, text } }
}

export function says(step: number, text: string): RunEvent {
  return { type: 'message.delta', data: { step, text } }
}

export function reset(step: number): RunEvent {
  return { type: 'step.reset', data: { step } }
}

export function calls(step: number, ...callIds: string[]): RunEvent {
  return callsAfter(step, [], ...callIds)
}

/** The same, with what the model thought or said before. */
export function callsAfter(step: number, said: string | readonly Content[], ...callIds: string[]): RunEvent {
  const before = typeof said === 'string' ? createTextMessage('assistant', said).contents : said
  const asked = callIds.map((callId) => ({
    type: 'functionCall' as const,
    callId,
    name: 'tool',
    arguments: {},
  }))
  return {
    type: 'step.completed',
    data: {
      step,
      message: { role: 'assistant', contents: [...before, ...asked] },
      finishReason: 'tool_calls',
      ...made,
    },
  }
}

export function answer(step: number, said: string | Content): RunEvent {
  const contents = typeof said === 'string' ? createTextMessage('assistant', said).contents : [said]
  const message = { role: 'assistant' as const, contents }
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

export function asks(approvalId: string, callId: string, args: JsonObject = {}): RunEvent {
  const data = { approvalId, callId, name: 'tool', arguments: args, reason: 'policy' } as const
  return { type: 'approval.requested', data }
}

export function decides(approvalId: string, decision: 'approve' | 'reject' = 'approve'): RunEvent {
  return { type: 'approval.decided', data: { approvalId, decision } }
}

/** A run whose caller carries out calls of `tool`. */
export function acceptedWithTool(text: string): RunEvent {
  const tools = [{ name: 'tool', description: 'Does something.', parameters: { type: 'object' } }]
  return { type: 'run.accepted', data: { ...request(text), options: { enableToolCalls: true, tools } } }
}

/** Waits for its caller. */
export function waits(callId: string): RunEvent {
  return { type: 'tool.pending', data: { callId, since: 0 } }
}

export const parkedForTool: RunEvent = { type: 'run.parked', data: { reason: 'tool' } }

/** Stands still for a human, and goes on. */
export const parked: RunEvent = { type: 'run.parked', data: { reason: 'approval' } }
export const resumed: RunEvent = { type: 'run.resumed', data: { reason: 'approval' } }

export const failed: RunEvent = {
  type: 'run.failed',
  data: { type: 'about:blank', title: '', status: 502, detail: 'It failed.', code: 'model_error' },
}

/** Events as a log holds them, a second apart. */
export function store(events: readonly RunEvent[], from = 0): readonly StoredEvent[] {
  return events.map((event, index) => {
    const id = from + index
    return { ...event, id, at: 1_700_000_000_000 + id * 1000 }
  })
}
