import { type JsonValue, parseWritableJson } from '../core/json.js'
import { type ChatMessage, toText } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import { fromJsonSchema, type Parsed, parseWith } from '../core/schema.js'
import { type RunAnswer, toWireUsage } from '../run/events.js'
import type { RunState } from '../run/fold.js'
import { toAnswerText, toTurnMessages } from '../run/turn-messages.js'
import type { EquippedRun } from './run-context.js'

/** The answer of a run whose last step called no tools, in the words that middleware has left of it. */
export function toAnswer(context: EquippedRun, response: string, value: JsonValue | undefined): RunAnswer {
  const { state } = context.journal
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

/** What an answer's text stands for in the schema that was asked for; `undefined` when none was. */
export async function parseAnswer(
  { journal, responseFormat }: EquippedRun,
  text: string,
): Promise<Parsed<JsonValue | undefined>> {
  const schema = journal.state.request?.options.responseSchema
  if (schema === undefined) return { ok: true, value: undefined }
  const value = parseWritableJson(text)
  if (value === undefined) return { ok: false, issues: [{ path: '', message: 'it is not JSON' }] }
  const parsed = await parseWith(responseFormat ?? fromJsonSchema(schema), value)
  return parsed.ok ? { ok: true, value } : parsed
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
  const { outcome, usage, steps, continuation } = state
  return {
    text: toAnswerText(state),
    messages: toTurnMessages(state),
    usage,
    responseId,
    finishReason: steps.at(-1)?.finishReason,
    ...(continuation !== undefined && { continuationToken: continuation }),
    value: outcome?.type === 'run.completed' ? outcome.data.value : undefined,
  }
}
