import { fromJsonSchema } from '../../core/caller-schema.js'
import { type JsonObject, type JsonValue, parseWritableJson } from '../../core/json.js'
import { type Parsed, parseWith, type Schema, toJsonSchema } from '../../core/schema.js'
import type { RunAnswer } from '../../run/events.js'
import { toCutOff, toRequestText } from '../../run/to-response.js'
import { toWireUsage } from '../../run/wire-usage.js'
import type { EquippedRun } from './run-context.js'

/** The answer of a run whose last step called no tools, in the words that middleware has left of it. */
export function toAnswer(context: EquippedRun, response: string, value: JsonValue | undefined): RunAnswer {
  const { request, journal } = context
  const finishReason = toCutOff(journal.state)
  return {
    response,
    message: toRequestText(request.messages),
    sessionId: context.sessionId ?? '',
    status: 'success',
    message_count: context.messageCount + countMessages(context),
    correlationId: context.correlationId,
    usage: toWireUsage(journal.state.usage),
    ...(value === undefined ? {} : { value }),
    ...(finishReason === undefined ? {} : { finishReason }),
  }
}

/** The JSON Schema that the answer must fit: what the run was asked with, else the agent's own; `undefined` when there is none. */
export function toAnswerSchema({ agent, request }: EquippedRun): JsonObject | undefined {
  const asked = request.options.responseSchema
  if (asked !== undefined || agent.responseFormat === undefined) return asked
  return toJsonSchema(agent.responseFormat, 'responseFormat')
}

/** What an answer's text stands for in the schema that it must fit; `undefined` when there is none. */
export async function parseAnswer(
  context: EquippedRun,
  text: string,
): Promise<Parsed<JsonValue | undefined>> {
  const schema = toParser(context)
  if (schema === undefined) return { ok: true, value: undefined }
  const value = parseWritableJson(withoutFence(text))
  if (value === undefined) return { ok: false, issues: [{ path: '', message: 'it is not JSON' }] }
  const parsed = await parseWith(schema, value)
  return parsed.ok ? { ok: true, value } : parsed
}

/** Models that no provider holds to a schema put JSON into a block of code. (No pattern: models also write newlines without end.) */
function withoutFence(text: string): string {
  const block = text.trim()
  const begin = block.indexOf('\n')
  const isBlock = /^```(json)?$/i.test(block.slice(0, Math.max(begin, 0)).trimEnd()) && block.endsWith('```')
  return isBlock ? block.slice(begin, -3) : text
}

/** What checks the answer; `undefined` when nothing does. A schema in code may check more than JSON Schema can say. */
function toParser({ agent, request, responseFormat }: EquippedRun): Schema | undefined {
  const asked = request.options.responseSchema
  return asked === undefined ? agent.responseFormat : (responseFormat ?? fromJsonSchema(asked))
}

/** How many messages of the user a run has taken in. */
function countMessages({ request, journal }: EquippedRun): number {
  const joined = journal.state.steering.flatMap(({ messages }) => messages)
  return request.messages.length + joined.length
}
