import {
  anyObject,
  eventStream,
  issues,
  pageParameters,
  ref,
  text,
  toFailure,
  toList,
  toObject,
  toResponse,
  toSchema,
} from '../../openapi-parts.js'
import type { DialectOperations, Operation } from '../dialect-route.js'
import { aguiBody } from './agui-body.js'

const run: Operation = {
  summary: 'Run an agent',
  body: ref('AguiRequest'),
  answers: { 200: eventStream },
}

/** What `openapi.json` says of AG-UI. */
export const dialect = {
  title: 'AG-UI',
  docs: 'https://docs.ag-ui.com',
  schemas: {
    AguiRequest: toSchema(aguiBody),
    AguiThread: toObject(
      {
        messages: toList(anyObject),
        interrupts: toList(anyObject),
        pendingToolCallIds: toList(text),
        next_before: { type: 'integer' },
      },
      ['messages', 'interrupts', 'pendingToolCallIds'],
    ),
    AguiError: toObject(
      {
        type: { const: 'RUN_ERROR' },
        message: text,
        code: text,
        issues,
      },
      ['type', 'message', 'code'],
    ),
  },
  failure: toFailure(ref('AguiError')),
  operations: {
    run: { ...run, summary: 'Run the only agent, or the one that forwardedProps.agent names' },
    'run-agent': run,
    thread: {
      summary: 'The conversation, and what it asks a human and the client',
      parameters: pageParameters,
      answers: { 200: toResponse(ref('AguiThread')) },
    },
  },
} satisfies DialectOperations
