import {
  type ChatCompletionsRequestBody,
  type RequestMessage,
  type Rule,
  readMessageText,
  type ScriptedToolCall,
  type Step,
} from './chat-completions-server-steps.js'

/** What a model does with one message: its steps in order. After the last it says what it heard. */
export type Script = readonly (Step | ((callNumber: number) => Step))[]

/**
 * A model's answers by the user's message, as a rule for the scripted server. Which step is due follows from the
 * conversation alone, as with a real model: a request that is repeated gets the same step again.
 */
export class ScriptBook {
  readonly #scripts = new Map<string, Script>()

  /** Says what happens on a message; gives the message. */
  add(message: string, ...script: Script): string {
    this.#scripts.set(message, script)
    return message
  }

  readonly rule: Rule = ({ messages }, callNumber) => {
    const at = messages.findLastIndex((message) => this.#find(message) !== undefined)
    const script = this.#find(messages[at]) ?? []
    const stepsDone = messages.slice(at).filter(({ role }) => role === 'assistant').length
    const step = script[stepsDone] ?? { text: describeLast(messages) }
    return typeof step === 'function' ? step(callNumber) : step
  }

  #find(message: RequestMessage | undefined): Script | undefined {
    return message?.role === 'user' ? this.#scripts.get(readMessageText(message)) : undefined
  }
}

/** A step that calls tools. */
export function callTools(...toolCalls: readonly ScriptedToolCall[]): Step {
  return { toolCalls }
}

export function call(name: string, args: object): ScriptedToolCall {
  return { name, arguments: args }
}

/** A step that is left hanging after some of its text, the first time it is asked for. */
export function holdOnce(text: string): () => Step {
  let asked = 0
  return () => {
    asked += 1
    return asked === 1 ? { text, holdAfterChunks: 4 } : { text }
  }
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
