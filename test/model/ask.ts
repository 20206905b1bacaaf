import { expect } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import type {
  ChatAnswer,
  ChatClient,
  ChatEvent,
  ChatOptions,
  ChatRequest,
  ToolDeclaration,
} from '../../src/model/chat-client.js'

export const weatherTool: ToolDeclaration = {
  name: 'get_weather',
  description: 'Get the weather for a location.',
  parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
}

/** A request with one user message. */
export function createRequest(text: string, rest: Partial<ChatRequest> = {}): ChatRequest {
  return { messages: [createTextMessage('user', text)], ...rest }
}

/** Every event of one call. */
export async function collect(
  client: ChatClient,
  request: ChatRequest,
  options?: ChatOptions,
): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of client.stream(request, options)) events.push(event)
  return events
}

/** The answer of one call, after checking that it came last and only once. */
export async function ask(client: ChatClient, request: ChatRequest | string): Promise<ChatAnswer> {
  const events = await collect(client, typeof request === 'string' ? createRequest(request) : request)
  return readAnswer(events)
}

export function readAnswer(events: readonly ChatEvent[]): ChatAnswer {
  const last = events.at(-1)
  expect(events.filter((event) => event.type === 'completed')).toHaveLength(1)
  if (last?.type !== 'completed') throw new Error('The last event is not completed.')
  const { type: _, ...answer } = last
  return answer
}

/** The deltas of one kind, put together; those that a `reset` made void are left out. */
export function joinDeltas(events: readonly ChatEvent[], type: 'text' | 'reasoning'): string {
  const valid = events.slice(events.findLastIndex((event) => event.type === 'reset') + 1)
  return valid.map((event) => (event.type === type ? event.text : '')).join('')
}

/** The error that the call ends with. */
export async function askAndFail(client: ChatClient, request = createRequest('Hello')): Promise<AgentError> {
  const error = await collect(client, request).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AgentError))
    throw new Error('The call did not end with an AgentError.', { cause: error })
  return error
}
