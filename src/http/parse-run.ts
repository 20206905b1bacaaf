import { randomUUID } from 'node:crypto'
import type { AgentDefinition } from '../agent/agent-definition.js'
import { checkJsonSchema } from '../core/caller-schema.js'
import { AgentError } from '../core/errors.js'
import { createTextMessage } from '../core/messages.js'
import { undoMessage } from '../core/undo-message.js'
import type { RunOptions, RunRequest } from '../run/events.js'
import { createRunRequest } from '../session/client/run-request.js'
import { longestDelayMs } from '../session/scheduled/scheduled-messages.js'
import { requireInstructions } from './caller-instructions.js'
import { checkCallerTools, refuseToJoin } from './caller-tools.js'
import { type AnswerForm, parseWait, toAnswerForm, waitFields } from './caller-wishes.js'
import { parseCorrelationId, parseGivenRun, parseSessionId } from './ids.js'
import { refuseUnknown } from './parse-query.js'
import { parseShape } from './parse-shape.js'
import { type Body, readBody } from './read-body.js'
import { createFieldError } from './request-errors.js'
import type { Call } from './route.js'
import { type RunBody, runBody, sessionFields, toMessages, toResponseSchema } from './run-body.js'
import { toSessionOf } from './session-of-run.js'
import { checkCallerWebhook } from './webhooks/check-caller-webhook.js'
import { withoutNulls } from './without-nulls.js'

/** A run request, checked in every part. */
export interface ParsedRun {
  readonly sessionId: string
  readonly correlationId: string
  readonly request: RunRequest
  readonly wait: boolean
  readonly form: AnswerForm
}

/** Reads a run request. @throws {AgentError} `invalid_request`, `conflicting_session_id`, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseRun(
  { request, url, owner, settings }: Call,
  agent: AgentDefinition,
): Promise<ParsedRun> {
  const query = url.searchParams
  refuseUnknown(query, [...sessionFields, ...waitFields, 'code'])
  const body = parseBody(await readBody(request, settings.maxBodyBytes))
  const messages = toMessages(body) ?? (body.undoes && [createTextMessage('user', undoMessage)])
  if (messages === undefined) throw createFieldError('message', 'is required and must not be blank')
  const responseSchema = toResponseSchema(body)
  if (responseSchema !== undefined) checkJsonSchema(responseSchema)
  const tools = checkCallerTools(agent, body.tools ?? [])
  const instructions = requireInstructions(settings.callerInstructions, body.instructions)
  refuseToJoin({ tools, instructions, onBusy: body.onBusy })
  const enableToolCalls = body.enable_tool_calls ?? body.enableToolCalls ?? true
  const correlationId = parseGivenRun(request.headers, 'correlationId', body.correlationId) ?? randomUUID()
  const replaces = body.replaces === undefined ? undefined : parseCorrelationId(body.replaces, 'replaces')
  return {
    // Who sends a request again under its key, and names no session, has to come to the one of the first time.
    sessionId: parseSession(body, query) ?? toSessionOf(correlationId, owner),
    correlationId,
    request: createRunRequest({
      messages,
      options: {
        enableToolCalls,
        responseSchema,
        onBusy: body.onBusy,
        instructions,
        tools,
        replaces,
        undoes: parseUndoes(body),
        continues: parseContinues(body),
        sendAt: parseSendAt(body, Date.now()),
        webhook:
          body.webhook === undefined
            ? undefined
            : checkCallerWebhook(body.webhook, settings.webhooks, 'webhook'),
      },
      owner,
      metadata: body.metadata,
    }),
    wait: parseWait(request.headers, query) ?? body.waitForResponse ?? body.wait_for_response ?? true,
    form: toAnswerForm(request.headers),
  }
}

function parseBody(body: Body): RunBody {
  if (body.kind === 'text') return { message: body.text.trim() }
  const parsed = parseShape(runBody, withoutNulls(body.value, runBody))
  refuseBoth(parsed, 'message', 'messages')
  refuseBoth(parsed, 'replaces', 'continues')
  for (const field of forModel) refuseBoth(parsed, 'undoes', field)
  for (const field of atOnce) refuseBoth(parsed, 'sendAt', field)
  if (parsed.undoes !== undefined && parsed.onBusy === 'steer')
    throw createFieldError('onBusy', 'must not be "steer" in a message that undoes something')
  refuseBoth(parsed, 'enable_tool_calls', 'enableToolCalls')
  refuseBoth(parsed, 'waitForResponse', 'wait_for_response')
  refuseBoth(parsed, 'response_schema', 'responseSchema')
  refuseBoth(parsed, 'response_schema', 'response_format')
  refuseBoth(parsed, 'responseSchema', 'response_format')
  return parsed
}

/** What says something to the model, which a run that undoes another one does not ask. */
const forModel = [
  'replaces',
  'continues',
  'instructions',
  'tools',
  'enable_tool_calls',
  'enableToolCalls',
  'response_schema',
  'responseSchema',
  'response_format',
] as const

/** What says what becomes of the session when the message is sent: nobody can say that of later. */
const atOnce = ['replaces', 'continues', 'undoes', 'onBusy'] as const

function refuseBoth(body: RunBody, first: keyof RunBody, second: keyof RunBody): void {
  if (body[first] === undefined || body[second] === undefined) return
  throw createFieldError(second, `must not be given together with ${first}`)
}

function parseSession(body: RunBody, query: URLSearchParams): string | undefined {
  const given: (readonly [name: string, value: string])[] = []
  for (const field of sessionFields) {
    const inBody = body[field]
    if (inBody !== undefined) given.push([field, parseSessionId(inBody, field)])
    for (const inQuery of query.getAll(field)) given.push([`query ${field}`, parseSessionId(inQuery, field)])
  }
  const values = new Set(given.map(([, value]) => value))
  if (values.size > 1) {
    const list = given.map(([name, value]) => `${name}=${value}`).join(', ')
    const issues = given.map(([path]) => ({ path, message: 'differs from the others' }))
    throw new AgentError('conflicting_session_id', `The request names more than one session: ${list}`, {
      issues,
    })
  }
  return values.values().next().value
}

function parseUndoes({ undoes }: RunBody): RunOptions['undoes'] {
  if (undoes === undefined) return undefined
  const run = parseCorrelationId(undoes.correlationId, 'undoes.correlationId')
  return { run, ...(undoes.partial && { partial: true }) }
}

function parseSendAt({ sendAt }: RunBody, now: number): string | undefined {
  if (sendAt === undefined) return undefined
  const time = Date.parse(sendAt)
  if (time > now + longestDelayMs) throw createFieldError('sendAt', 'must be within a year')
  return new Date(time).toISOString()
}

function parseContinues({ continues }: RunBody): RunOptions['continues'] {
  if (continues === undefined) return undefined
  const { sessionId, correlationId: run } = continues
  return {
    session: parseSessionId(sessionId, 'continues.sessionId'),
    ...(run !== undefined && { run: parseCorrelationId(run, 'continues.correlationId') }),
  }
}
