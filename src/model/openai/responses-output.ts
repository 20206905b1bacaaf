import { isJsonObject, type JsonObject } from '../../core/json.js'
import type { Content, FunctionCallContent } from '../../core/messages.js'
import { parseArguments } from '../parse-arguments.js'
import { createMalformedResponseError } from './responses-failure.js'
import { type ItemData, toProviderData } from './responses-provider-data.js'

/**
 * The contents that an output item stands for; each remembers what has to be sent back of it.
 * `response` is the id of the response when the provider keeps it.
 * Wire: OpenAI API reference, "The response object", `output`.
 */
export function toContents(item: JsonObject, response: string | undefined): Content[] {
  switch (item.type) {
    case 'message':
      return toMessageContents(item, response)
    case 'function_call':
      return toFunctionCalls(item, response)
    case 'reasoning':
      return [toReasoning(item, response)]
    default:
      return [{ type: 'provider', providerData: toProviderData({ item: toItem(item), response }) }]
  }
}

function toMessageContents(item: JsonObject, response: string | undefined): Content[] {
  const { id, phase, content } = item
  const members = typeof phase === 'string' ? { phase } : undefined
  const providerData = toProviderData({ id: readText(id) || undefined, members, response })
  return readObjects(content).flatMap((part): Content[] => {
    if (part.type === 'output_text') return [{ type: 'text', text: readText(part.text), providerData }]
    if (part.type !== 'refusal') return []
    return [{ type: 'error', message: readText(part.refusal), errorCode: 'refusal', providerData }]
  })
}

// A call that was cut off lacks some of its arguments, and must not be carried out.
function toFunctionCalls(item: JsonObject, response: string | undefined): FunctionCallContent[] {
  if (item.status === 'incomplete') return []
  if (readText(item.name) === '') throw createMalformedResponseError()
  const { type: _type, status: _status, id, call_id, name, arguments: written, ...members } = item
  const providerData = toProviderData({ id: readText(id) || undefined, members, response })
  return [
    {
      type: 'functionCall',
      callId: readText(call_id),
      name: readText(name),
      arguments: parseArguments(readText(written)),
      providerData,
    },
  ]
}

function toReasoning(item: JsonObject, response: string | undefined): Content {
  const { type, id, summary, content, encrypted_content } = item
  const thoughts = readObjects(summary).concat(readObjects(content))
  const text = thoughts.map((part) => readText(part.text)).join('\n\n')
  // The API complains about members that it did not expect, its own `status: null` among them.
  const kept = toItem({
    type,
    id,
    summary: summary ?? [],
    ...(readObjects(content).length > 0 && { content }),
    ...(typeof encrypted_content === 'string' && { encrypted_content }),
  })
  return { type: 'reasoning', text, providerData: toProviderData({ item: kept, response }) }
}

function toItem(item: JsonObject): ItemData['item'] {
  return item as unknown as ItemData['item']
}

function readObjects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
