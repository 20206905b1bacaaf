import type {
  AnswerStep,
  ChatCompletionsRequestBody,
  ScriptedToolCall,
} from './chat-completions-server-steps.js'
import { splitText } from './split-text.js'

/** What makes one answer different from the next. */
export interface AnswerContext {
  readonly body: ChatCompletionsRequestBody
  readonly callNumber: number
  /** Number of pieces that a text is cut into, if it is that long. */
  readonly chunks: number
}

type Delta = Readonly<Record<string, unknown>>

/**
 * The events of a streamed answer without their `[DONE]`, as text ready to send.
 * Wire: OpenAI API reference, "The chat completion chunk object" and `stream_options.include_usage`: the role comes
 * first, a tool call's name before its arguments, the finish reason with an empty delta, and the usage in a last
 * chunk without choices while all others have `usage: null`.
 */
export function createChunkEvents(step: AnswerStep, context: AnswerContext): string[] {
  const { body, callNumber } = context
  const withUsage = body.stream_options?.include_usage === true && step.usage !== null
  const head = {
    id: `chatcmpl-${callNumber}`,
    object: 'chat.completion.chunk',
    created: nowSeconds(),
    model: body.model,
    system_fingerprint: 'fp_scripted',
    service_tier: 'default',
  }
  const toEvent = (delta: Delta, finish_reason: string | null = null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason }]
    return toServerSentEvent(withUsage ? { ...head, choices, usage: null } : { ...head, choices })
  }
  const events = createDeltas(step, context).map((delta) => toEvent(delta))
  const reason = readFinishReason(step)
  if (reason !== null) events.push(toEvent({}, reason))
  if (withUsage) events.push(toServerSentEvent({ ...head, choices: [], usage: createUsage(step, context) }))
  return events
}

/** The body of an answer that is not streamed. Wire: OpenAI API reference, "The chat completion object". */
export function createCompletion(step: AnswerStep, context: AnswerContext): object {
  const { body, callNumber } = context
  const { text, reasoning, reasoningMember = 'reasoning_content', refusal = null, toolCalls = [] } = step
  const calls = toolCalls.map((call, index) => toWireCall(call, callNumber, index))
  const message = {
    role: 'assistant',
    content: text ?? (calls.length > 0 || refusal !== null ? null : ''),
    refusal,
    annotations: [],
    ...(reasoning !== undefined && { [reasoningMember]: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
  return {
    id: `chatcmpl-${callNumber}`,
    object: 'chat.completion',
    created: nowSeconds(),
    model: body.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: readFinishReason(step) }],
    ...(step.usage !== null && { usage: createUsage(step, context) }),
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
  }
}

/** One server-sent event. Wire: WHATWG HTML, "Server-sent events". */
export function toServerSentEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function createDeltas(step: AnswerStep, { callNumber, chunks }: AnswerContext): Delta[] {
  const {
    text = '',
    reasoning = '',
    reasoningMember = 'reasoning_content',
    refusal = '',
    toolCalls = [],
  } = step
  const deltas: Delta[] = [
    { role: 'assistant', content: toolCalls.length > 0 && text === '' ? null : '', refusal: null },
  ]
  for (const piece of splitText(reasoning, chunks)) deltas.push({ [reasoningMember]: piece })
  for (const piece of splitText(text, chunks)) deltas.push({ content: piece })
  for (const piece of splitText(refusal, chunks)) deltas.push({ refusal: piece })
  toolCalls.forEach((call, index) => {
    deltas.push(...createCallDeltas(toWireCall(call, callNumber, index), index))
  })
  return deltas
}

function createCallDeltas(call: WireCall, index: number): Delta[] {
  const { name, arguments: text } = call.function
  const first = { index, ...call, function: { name, arguments: '' } }
  const rest = splitText(text, 3).map((piece) => ({ index, function: { arguments: piece } }))
  return [first, ...rest].map((piece) => ({ tool_calls: [piece] }))
}

interface WireCall {
  readonly id?: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

function toWireCall(call: ScriptedToolCall, callNumber: number, index: number): WireCall {
  const { name, id = `call_${callNumber}_${index}`, arguments: written } = call
  const text = typeof written === 'string' ? written : JSON.stringify(written)
  const body = { type: 'function', function: { name, arguments: text } } as const
  return id === null ? body : { id, ...body }
}

function readFinishReason({ finishReason, toolCalls = [] }: AnswerStep): string | null {
  return finishReason === undefined ? (toolCalls.length > 0 ? 'tool_calls' : 'stop') : finishReason
}

function createUsage(step: AnswerStep, { body }: AnswerContext): object {
  const { text = '', reasoning = '', refusal = '', toolCalls = [] } = step
  const written = text.length + reasoning.length + refusal.length + JSON.stringify(toolCalls).length
  const prompt_tokens = Math.ceil(JSON.stringify(body.messages).length / 4)
  const completion_tokens = Math.ceil(written / 4)
  return {
    ...(step.usage ?? { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }),
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
