import type { ResponseStep, ScriptedFunctionCall } from './responses-server-steps.js'

/** One item of an output as it goes over the wire. */
export interface OutputItem {
  readonly id: string
  readonly type: string
  readonly [member: string]: unknown
}

/** What makes one response different from the next. */
export interface ItemContext {
  /** Number of the response. */
  readonly number: number
  readonly encryptedReasoning: boolean
  /** Whose reasoning it is: what one key encrypts another cannot read. */
  readonly key: string
}

/** The finished output of a response. Wire: OpenAI API reference, "The response object", `output`. */
export function createOutput(step: ResponseStep, context: ItemContext): OutputItem[] {
  const items: OutputItem[] = []
  const nextId = (prefix: string) => `${prefix}_${context.number}_${items.length}`
  if (step.reasoning !== undefined) items.push(createReasoning(step.reasoning, nextId('rs'), context))
  items.push(...(step.otherItems ?? []))
  if (step.text !== undefined || step.refusal !== undefined) items.push(createMessage(step, nextId('msg')))
  for (const [index, call] of (step.calls ?? []).entries())
    items.push(createCall(call, nextId('fc'), `call_${context.number}_${index}`))
  return step.incomplete === undefined ? items : cutLast(items)
}

/** What stands for the thoughts of a reasoning item; only who has the key can say which. */
export function encryptReasoning(id: string, key: string): string {
  return `gAAAA${Buffer.from(`${key}/${id}`).toString('base64url')}`
}

function createReasoning(parts: readonly string[], id: string, context: ItemContext): OutputItem {
  const { encryptedReasoning, key } = context
  return {
    id,
    type: 'reasoning',
    summary: parts.map((text) => ({ type: 'summary_text', text })),
    status: null,
    ...(encryptedReasoning && { encrypted_content: encryptReasoning(id, key) }),
  }
}

function createMessage({ text, refusal, phase }: ResponseStep, id: string): OutputItem {
  const content = [
    ...(text === undefined ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ]
  return {
    id,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content,
    ...(phase !== undefined && { phase }),
  }
}

function createCall({ name, arguments: written, callId }: ScriptedFunctionCall, id: string, made: string) {
  const text = typeof written === 'string' ? written : JSON.stringify(written)
  return {
    id,
    type: 'function_call',
    status: 'completed',
    call_id: callId ?? made,
    name,
    arguments: text,
  }
}

function cutLast(items: readonly OutputItem[]): OutputItem[] {
  return items.map((item, index) =>
    index === items.length - 1 && item.type !== 'reasoning' ? { ...item, status: 'incomplete' } : item,
  )
}
