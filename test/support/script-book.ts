import {
  type ChatCompletionsRequestBody,
  type RequestMessage,
  type Rule,
  readMessageText,
  type ScriptedToolCall,
  type Step,
} from './chat-completions-server-steps.js'

/** What a model does with one message: its steps in order. After the last it says what it heard. */
export type Script = readonly Step[]

/**
 * A model's answers by the user's message, as a rule for the scripted server. Which step is due follows from the
 * conversation alone, as with a real model: a request that is repeated gets the same step again.
 */
export class ScriptBook {
  readonly #scripts = new Map<string, Script>()
  readonly #rules = new Map<string, () => Step>()

  /** Says what happens on a message; gives the message. */
  add(message: string, ...script: Script): string {
    this.#scripts.set(message, script)
    return message
  }

  /** Has a rule decide on a message each time. */
  addRule(message: string, rule: () => Step): void {
    this.#rules.set(message, rule)
  }

  readonly rule: Rule = (body) => {
    const { text, step } = toStepOf(body)
    const rule = this.#rules.get(text)
    if (rule !== undefined) return rule()
    return this.#scripts.get(text)?.[step] ?? { text: describeLast(body.messages) }
  }
}

/** A step that calls tools. */
export function callTools(...toolCalls: readonly ScriptedToolCall[]): Step {
  return { toolCalls }
}

export function call(name: string, args: object): ScriptedToolCall {
  return { name, arguments: args }
}

/** Which model call of which message a request is: the user's last text, and how many answers there have been to it. */
export function toStepOf({ messages }: ChatCompletionsRequestBody): {
  readonly text: string
  readonly step: number
} {
  const at = messages.findLastIndex(({ role }) => role === 'user')
  const step = messages.slice(at).filter(({ role }) => role === 'assistant').length
  return { text: readMessageText(messages[at]), step }
}

function describeLast(messages: readonly RequestMessage[]): string {
  const last = messages.at(-1)
  if (last?.role !== 'tool') return `You said: ${readMessageText(last)}`
  const from = messages.findLastIndex(({ role }) => role !== 'tool') + 1
  return `Tools: ${messages.slice(from).map(readMessageText).join(' | ')}`
}
