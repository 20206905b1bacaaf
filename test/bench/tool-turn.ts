import { createTextMessage } from '../../src/core/messages.js'
import type { RunEvent, RunRequest } from '../../src/run/events.js'
import { createRunRequest } from '../../src/session/client/run-request.js'

const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120 }
const made = { usage, model: 'bench', finishReason: 'stop' }
const callId = 'call_1'

/** What a turn with one tool round writes to its run log: the request, and each append's events. */
export function createToolTurn(turn: number): {
  readonly request: RunRequest
  readonly writes: readonly (readonly RunEvent[])[]
} {
  const messages = [createTextMessage('user', `Question ${turn}: what is the weather in Seattle?`)]
  const call = {
    type: 'functionCall' as const,
    callId,
    name: 'get_weather',
    arguments: { location: 'Seattle' },
  }
  const text = 'The weather in Seattle is currently 72°F and sunny, and will stay so until the evening.'
  return {
    request: createRunRequest({ messages, options: { enableToolCalls: true } }),
    writes: [
      [{ type: 'run.started', data: { epoch: 1, attempt: 1, turn } }],
      [
        {
          type: 'step.completed',
          data: { step: 0, message: { role: 'assistant', contents: [call] }, ...made },
        },
        {
          type: 'tool.started',
          data: { callId, name: call.name, arguments: call.arguments, idempotencyKey: 'key', attempt: 1 },
        },
      ],
      [{ type: 'tool.completed', data: { callId, result: { temperature: 72 }, durationMs: 1 } }],
      [
        { type: 'message.delta', data: { step: 1, text } },
        { type: 'step.completed', data: { step: 1, message: createTextMessage('assistant', text), ...made } },
        {
          type: 'run.completed',
          data: {
            response: text,
            message: 'Question',
            sessionId: 'one',
            status: 'success',
            message_count: turn,
            correlationId: `run-${turn}`,
            usage: { prompt_tokens: 200, completion_tokens: 40, total_tokens: 240 },
          },
        },
      ],
    ],
  }
}
