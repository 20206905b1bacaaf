import { z } from 'zod'
import {
  anyObject,
  ref,
  text,
  toFailure,
  toHeader,
  toJsonOrEvents,
  toList,
  toObject,
  toResponse,
  toSchema,
} from '../../openapi-parts.js'
import type { DialectOperations } from '../dialect-route.js'
import { methodNames } from './rpc-handler.js'
import { rpcRequest } from './rpc-request.js'

const version = toHeader('A2A-Version', text, 'Which version is spoken: 1.0 or 0.3.')

/** What `openapi.json` says of A2A. */
export const dialect = {
  title: 'A2A',
  docs: 'https://a2a-protocol.org/latest/specification/',
  schemas: {
    A2aRequest: toSchema(rpcRequest.extend({ method: z.enum(methodNames) })),
    A2aAnswer: toObject(
      {
        jsonrpc: { const: '2.0' },
        id: { type: ['string', 'number', 'null'] },
        result: { type: ['object', 'array', 'null'] },
        error: toObject({ code: { type: 'integer' }, message: text, data: toList(anyObject) }),
      },
      ['jsonrpc', 'id'],
    ),
  },
  failure: toFailure(ref('A2aAnswer')),
  operations: {
    card: {
      summary: 'The card of an agent',
      parameters: [version],
      answers: { 200: toResponse(anyObject) },
    },
    rpc: {
      summary: 'Call a method of an agent, by JSON-RPC',
      body: ref('A2aRequest'),
      parameters: [version],
      answers: {
        200: toJsonOrEvents('Its result or error, or events that are such answers', ref('A2aAnswer')),
      },
    },
  },
} satisfies DialectOperations
