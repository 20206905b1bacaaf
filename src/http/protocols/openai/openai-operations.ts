import {
  anyObject,
  ref,
  text,
  toFailure,
  toHeader,
  toJsonOrEvents,
  toObject,
  toQuery,
  toResponse,
  toSchema,
} from '../../openapi-parts.js'
import type { DialectOperations } from '../dialect-route.js'
import { chatBody } from './chat/chat-body.js'
import { responseBody } from './responses/response-body.js'

const idempotencyKey = toHeader('Idempotency-Key', text, "The run's correlation id. Made when absent.")

/** What `openapi.json` says of OpenAI's API. */
export const dialect = {
  title: 'OpenAI',
  docs: 'https://platform.openai.com/docs/api-reference',
  schemas: {
    OpenAiChatRequest: toSchema(chatBody),
    OpenAiResponseRequest: toSchema(responseBody),
    OpenAiError: toObject({
      error: toObject({ message: text, type: text, param: { type: ['string', 'null'] }, code: text }),
    }),
  },
  failure: toFailure(ref('OpenAiError')),
  operations: {
    chat: {
      summary: 'Ask for a chat completion',
      body: ref('OpenAiChatRequest'),
      parameters: [toHeader('x-session-id', text, 'The conversation.'), idempotencyKey],
      answers: { 200: toJsonOrEvents('The chat completion, or its chunks', anyObject) },
    },
    responses: {
      summary: 'Ask for a response',
      body: ref('OpenAiResponseRequest'),
      parameters: [idempotencyKey],
      answers: { 200: toJsonOrEvents('The response, or its events', anyObject) },
    },
    response: {
      summary: 'A response as it stands',
      parameters: [
        toQuery('stream', { type: 'boolean' }, 'Whether to give its events. Default false.'),
        toQuery('starting_after', { type: 'integer', minimum: 0 }, 'Only events after this one.'),
      ],
      answers: { 200: toJsonOrEvents('The response, or its events', anyObject) },
    },
    'response-cancel': {
      summary: "Stop a response's run, also one that waits",
      answers: { 200: toResponse(anyObject) },
    },
    models: { summary: 'List the agents as models', answers: { 200: toResponse(anyObject) } },
    model: { summary: 'An agent as a model', answers: { 200: toResponse(anyObject) } },
  },
} satisfies DialectOperations
