import { AgentError } from '../core/errors.js'
import { type JsonObject, type JsonValue, parseJson } from '../core/json.js'
import { type ChatMessage, toText } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import { fromJsonSchema, parseWith } from '../core/schema.js'
import { type RunAnswer, toWireUsage } from '../run/events.js'
import type { RunState } from '../run/fold.js'
import { toTurnMessages } from '../run/turn-messages.js'
import type { RunContext } from './run-context.js'

/** The answer of a run whose last step called no tools. @throws {AgentError} `response_schema_unmet` when it does not fit the asked-for schema. */
export async function toAnswer(context: RunContext): Promise<RunAnswer> {
  const { state } = context.journal
  const schema = state.request?.options.responseSchema
  const response = toAnswerText(state)
  const answer: RunAnswer = {
    response,
    message: toRequestText(state.request?.messages ?? []),
    sessionId: context.sessionId ?? '',
    status: 'success',
    message_count: context.messageCount + countMessages(state),
    correlationId: context.correlationId,
    usage: toWireUsage(state.usage),
  }
  return schema === undefined ? answer : { ...answer, value: await toValue(response, schema) }
}

/** How many messages of the user a run has taken in. */
function countMessages({ request, steering }: RunState): number {
  return (
    (request?.messages.length ?? 0) + steering.reduce((count, { messages }) => count + messages.length, 0)
  )
}

/** The text of the run's last message; a refusal's words when the model refused. */
export function toAnswerText(state: RunState): string {
  const contents = state.steps.at(-1)?.message.contents ?? []
  if (state.prepared?.answer !== undefined) return state.prepared.answer.text
  const refusal = contents.find((content) => content.type === 'error')
  return toText(contents) || (refusal?.message ?? '')
}

/** The text of the last message the user sent. */
export function toRequestText(messages: readonly ChatMessage[]): string {
  return toText(messages.at(-1)?.contents ?? [])
}

/** A finished run as its caller gets it. */
export function toResponse(state: RunState, responseId: string): AgentResponse {
  const value = state.outcome?.type === 'run.completed' ? state.outcome.data.value : undefined
  return { text: toAnswerText(state), messages: toTurnMessages(state), usage: state.usage, responseId, value }
}

async function toValue(text: string, schema: JsonObject): Promise<JsonValue> {
  const value = parseJson(text)
  if (value === undefined) throw new AgentError('response_schema_unmet', 'The answer is not JSON.')
  const parsed = await parseWith(fromJsonSchema(schema), value)
  if (parsed.ok) return value
  throw new AgentError('response_schema_unmet', "The answer does not fit the request's schema.", {
    issues: parsed.issues,
  })
}
