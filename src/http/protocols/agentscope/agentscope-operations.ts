import {
  anyObject,
  issues,
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
import { processBody } from './process-body.js'

const sessionId = toQuery('session_id', text, 'The session of a response whose id was given by its caller.')
const lastEventId = toHeader('Last-Event-ID', { type: 'integer' }, 'Only events after this one.')

/** What `openapi.json` says of AgentScope Runtime's API. */
export const dialect = {
  title: 'AgentScope Runtime',
  docs: 'https://runtime.agentscope.io/en/protocol.html',
  schemas: {
    AgentScopeRequest: toSchema(processBody),
    AgentScopeFailure: toObject({
      object: { const: 'response' },
      status: { enum: ['failed', 'canceled'] },
      error: toObject({ code: text, message: text, issues }, ['code', 'message']),
    }),
  },
  failure: toFailure(ref('AgentScopeFailure')),
  operations: {
    process: {
      summary: 'Ask for a response',
      body: ref('AgentScopeRequest'),
      parameters: [toHeader('Idempotency-Key', text, 'As id.'), lastEventId],
      answers: {
        200: toJsonOrEvents('The response, or its events', anyObject),
        202: toResponse(anyObject),
      },
    },
    response: {
      summary: "A response's events, or the response as it stands",
      parameters: [
        sessionId,
        toQuery('stream', { type: 'boolean' }, 'Whether to give its events. Default true.'),
        toQuery('after', { type: 'integer', minimum: 0 }, 'As Last-Event-ID, which wins.'),
        lastEventId,
      ],
      answers: {
        200: toJsonOrEvents('The response, or its events', anyObject),
        202: toResponse(anyObject),
      },
    },
    stop: {
      summary: "Stop a response's run",
      parameters: [sessionId],
      answers: { 202: toResponse(anyObject) },
    },
  },
} satisfies DialectOperations
