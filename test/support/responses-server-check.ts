import { encryptReasoning } from './responses-server-items.js'
import { type InputItem, type ResponsesRequestBody, toInputItems } from './responses-server-steps.js'

/** What the server knows when a request comes. */
export interface KnownResponses {
  /** Whether a response of that id is kept. */
  isKept(response: string): boolean
  /** The function calls of a kept response and those before it, by call id. */
  callsOf(response: string): readonly string[]
  /** The reasoning that stands before an item, when it was the server that made both. */
  reasoningBefore(item: string): string | undefined
  /** Whose reasoning it can read. */
  readonly key: string
  /** Whether the model thinks at all. */
  readonly reasons: boolean
}

/** What is wrong, and where. */
export interface RequestMistake {
  readonly message: string
  readonly param?: string
  readonly code?: string
  /** @default 400 */
  readonly status?: number
}

/**
 * Why OpenAI would refuse this request; `undefined` when it would not. Not everything that it refuses, but what a
 * client gets wrong: reasoning without what follows it, ids of the wrong kind, calls without outputs, forgotten items.
 * Wire: OpenAI API reference, "Create a model response"; OpenAI guides "Reasoning models", "Conversation state" and
 * "Background mode".
 */
export function findResponsesMistake(
  body: ResponsesRequestBody,
  known: KnownResponses,
): RequestMistake | undefined {
  return findOptionMistake(body, known) ?? findItemMistake(body, known) ?? findCallMistake(body, known)
}

function findOptionMistake(body: ResponsesRequestBody, known: KnownResponses): RequestMistake | undefined {
  const { model, input, background, store, include = [], previous_response_id: previous, tools = [] } = body
  if (!model) return { message: "Missing required parameter: 'model'.", param: 'model' }
  if ((input === undefined || input.length === 0) && previous === undefined)
    return { message: 'One of "input" or "previous_response_id" must be provided.', param: 'input' }
  if (background && store === false) return { message: 'Background mode requires store.', param: 'store' }
  if (previous !== undefined && body.conversation !== undefined)
    return { message: 'previous_response_id and conversation exclude each other.', param: 'conversation' }
  if (previous !== undefined && !known.isKept(previous)) {
    const message = `Previous response with id '${previous}' not found.`
    return { message, param: 'previous_response_id', code: 'previous_response_not_found' }
  }
  if (!known.reasons && include.includes('reasoning.encrypted_content'))
    return { message: 'Encrypted content is not supported with this model.', param: 'include' }
  if (tools.some((tool) => tool.type === 'function' && typeof tool.strict !== 'boolean'))
    return { message: "Missing required parameter: 'tools[0].strict'.", param: 'tools' }
  const wanted = typeof body.tool_choice === 'object' ? body.tool_choice.name : undefined
  if (wanted !== undefined && !tools.some(({ name }) => name === wanted))
    return { message: `Tool choice '${wanted}' not found in 'tools' parameter.`, param: 'tool_choice' }
  return undefined
}

function findItemMistake(body: ResponsesRequestBody, known: KnownResponses): RequestMistake | undefined {
  const items = toInputItems(body)
  for (const [index, item] of items.entries()) {
    const mistake = findIdMistake(item, index) ?? findReasoningMistake(items, index, body, known)
    if (mistake !== undefined) return mistake
  }
  return undefined
}

const prefixes: Readonly<Record<string, string>> = { message: 'msg', function_call: 'fc', reasoning: 'rs' }

function findIdMistake({ type = 'message', id }: InputItem, index: number): RequestMistake | undefined {
  const prefix = prefixes[type]
  if (id === undefined || prefix === undefined || id.startsWith(`${prefix}_`)) return undefined
  const message = `Invalid 'input[${index}].id': '${id}'. Expected an ID that begins with '${prefix}'.`
  return { message, param: `input[${index}].id`, code: 'invalid_value' }
}

function findReasoningMistake(
  items: readonly InputItem[],
  index: number,
  body: ResponsesRequestBody,
  known: KnownResponses,
): RequestMistake | undefined {
  const { type, id = '', encrypted_content: encrypted, ...rest } = items[index] ?? {}
  if (type !== 'reasoning') {
    const reasoning = known.reasoningBefore(id)
    const isThere = reasoning === undefined || items.slice(0, index).some((item) => item.id === reasoning)
    if (isThere || body.previous_response_id !== undefined) return undefined
    return {
      message: `Item '${id}' of type '${type}' was provided without its required 'reasoning' item: '${reasoning}'.`,
      param: 'input',
    }
  }
  if ('status' in rest)
    return { message: `Unknown parameter: 'input[${index}].status'.`, param: `input[${index}].status` }
  if (encrypted === undefined) {
    const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false.`
    return { message, param: 'input', status: 404 }
  }
  if (encrypted !== encryptReasoning(id, known.key)) {
    const message = `The encrypted content for item ${id} could not be verified.`
    return { message, code: 'invalid_encrypted_content' }
  }
  const next = items.slice(index + 1).find((item) => item.type !== 'reasoning')
  const isFollowed = next !== undefined && next.role !== 'user' && next.type !== 'function_call_output'
  if (isFollowed) return undefined
  const message = `Item '${id}' of type 'reasoning' was provided without its required following item.`
  return { message, param: 'input' }
}

function findCallMistake(body: ResponsesRequestBody, known: KnownResponses): RequestMistake | undefined {
  const { previous_response_id: previous } = body
  const called = new Set(previous === undefined ? [] : known.callsOf(previous))
  const open = new Set<string>()
  for (const { type, call_id: id = '' } of toInputItems(body)) {
    if (type === 'function_call') {
      called.add(id)
      open.add(id)
    } else if (type === 'function_call_output') {
      const message = `No tool call found for function call output with call_id ${id}.`
      if (!called.has(id)) return { message, param: 'input' }
      open.delete(id)
    }
  }
  const [missing] = open
  return missing === undefined
    ? undefined
    : { message: `No tool output found for function call ${missing}.`, param: 'input' }
}
