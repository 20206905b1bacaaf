import { createOutput, type ItemContext, type OutputItem } from './responses-server-items.js'
import type { ResponseStep, ResponsesRequestBody } from './responses-server-steps.js'
import { splitText } from './split-text.js'

/** An event of a stream without its number. */
interface Event {
  readonly type: string
  readonly [member: string]: unknown
}

export interface NumberedEvent extends Event {
  readonly sequence_number: number
}

/** What makes one answer different from the next. */
export interface ResponseContext extends ItemContext {
  readonly body: ResponsesRequestBody
  /** Number of pieces that a text is cut into, if it is that long. */
  readonly chunks: number
}

/** A response as it stands in the end. Wire: OpenAI API reference, "The response object". */
export function createResponse(step: ResponseStep, context: ResponseContext): object {
  const output = createOutput(step, context)
  const base = createBase(context)
  if (step.failed !== undefined) return { ...base, status: 'failed', error: step.failed, output, usage: null }
  const usage = createUsage(step, context)
  if (step.incomplete !== undefined) {
    return { ...base, status: 'incomplete', incomplete_details: { reason: step.incomplete }, output, usage }
  }
  return { ...base, status: 'completed', completed_at: base.created_at, output, usage }
}

/** The same before it has come to anything. */
export function createPendingResponse(
  context: ResponseContext,
  status: 'queued' | 'in_progress' | 'cancelled',
): object {
  return { ...createBase(context), status, output: [], usage: null }
}

/**
 * Every event of a streamed response, in order and numbered from 0.
 * Wire: OpenAI API reference, "Streaming events": the response is created, each item is added, its parts are added, grow
 * by deltas and are done, the item is done; the last event holds the whole response.
 */
export function createEvents(step: ResponseStep, context: ResponseContext): NumberedEvent[] {
  const status = context.body.background ? 'queued' : 'in_progress'
  const events: Event[] = [{ type: 'response.created', response: createPendingResponse(context, status) }]
  if (context.body.background)
    events.push({ type: 'response.queued', response: createPendingResponse(context, 'queued') })
  events.push({ type: 'response.in_progress', response: createPendingResponse(context, 'in_progress') })
  for (const [index, item] of createOutput(step, context).entries())
    events.push(...createItemEvents(item, index, context.chunks))
  const response = createResponse(step, context)
  const outcome = step.failed ? 'failed' : step.incomplete ? 'incomplete' : 'completed'
  events.push({
    type: `response.${outcome}`,
    response: step.bareEnd ? { ...response, output: [] } : response,
  })
  const { errorEvent } = step
  if (errorEvent !== undefined) {
    const { after, code, message } = errorEvent
    events.splice(after, events.length, { type: 'error', code, message, param: null })
  }
  return events.map((event, sequence_number) => ({ ...event, sequence_number }))
}

/** One server-sent event. Wire: WHATWG HTML, "Server-sent events". */
export function toNamedEvent(event: NumberedEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

function createBase({ body, number }: ResponseContext) {
  return {
    id: `resp_${number}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    background: body.background ?? false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: {},
    model: `${body.model}-2026-01-01`,
    parallel_tool_calls: true,
    previous_response_id: body.previous_response_id ?? null,
    store: body.store ?? true,
    temperature: 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
  }
}

function createItemEvents(item: OutputItem, output_index: number, chunks: number): Event[] {
  const added = { ...item, ...toBeginning(item) }
  return [
    { type: 'response.output_item.added', output_index, item: added },
    ...createPartEvents(item, output_index, chunks),
    { type: 'response.output_item.done', output_index, item },
  ]
}

function toBeginning({ type, encrypted_content }: OutputItem): object {
  switch (type) {
    case 'message':
      return { status: 'in_progress', content: [] }
    case 'function_call':
      return { status: 'in_progress', arguments: '' }
    case 'reasoning':
      // What is encrypted is not whole before the item is done.
      return { summary: [], ...(typeof encrypted_content === 'string' && { encrypted_content: 'gAAAA' }) }
    default:
      return {}
  }
}

function createPartEvents(item: OutputItem, output_index: number, chunks: number): Event[] {
  const at = { item_id: item.id, output_index }
  switch (item.type) {
    case 'reasoning':
      return (item.summary as { text: string }[]).flatMap((part, summary_index) =>
        createSummaryEvents(part, { ...at, summary_index }, chunks),
      )
    case 'message':
      return (item.content as Part[]).flatMap((part, content_index) =>
        createContentEvents(part, { ...at, content_index }, chunks),
      )
    case 'function_call':
      return createArgumentEvents(String(item.arguments), at)
    default:
      return []
  }
}

function createSummaryEvents({ text }: { readonly text: string }, at: object, chunks: number): Event[] {
  const part = { type: 'summary_text', text }
  return [
    { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } },
    ...splitText(text, chunks).map((delta) => ({
      type: 'response.reasoning_summary_text.delta',
      ...at,
      delta,
      obfuscation: 'x',
    })),
    { type: 'response.reasoning_summary_text.done', ...at, text },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ]
}

type Part =
  | { readonly type: 'output_text'; readonly text: string }
  | { readonly type: 'refusal'; readonly refusal: string }

function createContentEvents(part: Part, at: object, chunks: number): Event[] {
  const isText = part.type === 'output_text'
  const text = isText ? part.text : part.refusal
  const name = isText ? 'response.output_text' : 'response.refusal'
  const empty = isText ? { ...part, text: '' } : { ...part, refusal: '' }
  const done = isText ? { text, logprobs: [] } : { refusal: text }
  return [
    { type: 'response.content_part.added', ...at, part: empty },
    ...splitText(text, chunks).map((delta) => ({
      type: `${name}.delta`,
      ...at,
      delta,
      ...(isText && { logprobs: [] }),
      obfuscation: 'x',
    })),
    { type: `${name}.done`, ...at, ...done },
    { type: 'response.content_part.done', ...at, part },
  ]
}

function createArgumentEvents(text: string, at: object): Event[] {
  return [
    ...splitText(text, 3).map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, arguments: text },
  ]
}

function createUsage({ usage, reasoning = [] }: ResponseStep, { body }: ResponseContext): object {
  const input_tokens = usage?.input_tokens ?? Math.ceil(JSON.stringify(body.input).length / 4)
  const output_tokens = usage?.output_tokens ?? 10
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: reasoning.join('').length },
    total_tokens: input_tokens + output_tokens,
  }
}
