import { AgentError } from '../core/errors.js'
import { type JsonValue, parseJson } from '../core/json.js'
import { type ChatMessage, toText } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import { fromJsonSchema, parseWith } from '../core/schema.js'
import { type RunAnswer, toWireUsage } from '../run/events.js'
import type { RunState } from '../run/fold.js'
import { toAnswerText, toTurnMessages } from '../run/turn-messages.js'
import type { RunContext } from './run-context.js'

/** The answer of a run whose last step called no tools, in the words that middleware has left of it. @throws {AgentError} `response_schema_unmet` when it does not fit the asked-for schema. */
export async function toAnswer(context: RunContext, response: string): Promise<RunAnswer> {
  const { state } = context.journal
  const value = await toValue(state, response)
  return {
    response,
    message: toRequestText(state.request?.messages ?? []),
    sessionId: context.sessionId ?? '',
    status: 'success',
    message_count: context.messageCount + countMessages(state),
    correlationId: context.correlationId,
    usage: toWireUsage(state.usage),
    ...(value === undefined ? {} : { value }),
  }
}

/** What an answer's text stands for in the asked-for schema; `undefined` without one. @throws {AgentError} `response_schema_unmet` saying where it does not fit. */
export async function toValue(state: RunState, text = toAnswerText(state)): Promise<JsonValue | undefined> {
  const schema = state.request?.options.responseSchema
  if (schema === undefined) return undefined
  const value = parseJson(text)
  if (value === undefined) throw new AgentError('response_schema_unmet', 'The answer is not JSON.')
  const parsed = await parseWith(fromJsonSchema(schema), value)
  if (parsed.ok) return value
  throw new AgentError('response_schema_unmet', "The answer does not fit the request's schema.", {
    issues: parsed.issues,
  })
}

/** How many messages of the user a run has taken in. */
function countMessages({ request, steering }: RunState): number {
  return (
    (request?.messages.length ?? 0) + steering.reduce((count, { messages }) => count + messages.length, 0)
  )
}

/** The text of the last message the user sent. */
export function toRequestText(messages: readonly ChatMessage[]): string {
  return toText(messages.at(-1)?.contents ?? [])
}

/** A finished run as its caller gets it. */
export function toResponse(state: RunState, responseId: string): AgentResponse {
  const value = state.outcome?.type === 'run.completed' ? state.outcome.data.value : undefined
  const { usage, continuation } = state
  const response = { text: toAnswerText(state), messages: toTurnMessages(state), usage, responseId, value }
  return continuation === undefined ? response : { ...response, continuationToken: continuation }
}
