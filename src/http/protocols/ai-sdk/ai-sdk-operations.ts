import {
  anyObject,
  eventStream,
  pageParameters,
  problem,
  ref,
  text,
  toHeader,
  toList,
  toObject,
  toQuery,
  toResponse,
  toSchema,
} from '../../openapi-parts.js'
import type { DialectOperations } from '../dialect-route.js'
import { chatBody } from './chat-body.js'

/** What `openapi.json` says of the AI SDK's chats. */
export const dialect = {
  title: 'AI SDK',
  docs: 'https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol',
  schemas: {
    AiSdkRequest: toSchema(chatBody),
    AiSdkChat: toObject({ messages: toList(anyObject), next_before: { type: 'integer' } }, ['messages']),
  },
  failure: problem,
  operations: {
    chat: {
      summary: "Send a message, or answers to tool approvals and outputs of the page's tools",
      body: ref('AiSdkRequest'),
      parameters: [
        toHeader('Idempotency-Key', text, "The run's correlation id. By default the message's id."),
      ],
      answers: { 200: eventStream },
    },
    messages: {
      summary: 'The conversation as UI messages',
      parameters: pageParameters,
      answers: { 200: toResponse(ref('AiSdkChat')) },
    },
    resume: {
      summary: 'The answer that is being made, from its beginning',
      parameters: [toQuery('messageId', text, 'Whose answer is asked for, also when it has ended.')],
      answers: { 200: eventStream, 204: { description: 'Nothing runs' } },
    },
  },
} satisfies DialectOperations
