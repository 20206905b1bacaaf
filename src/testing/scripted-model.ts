import { AgentError } from '../core/errors.js'
import type { JsonObject } from '../core/json.js'
import type { ChatMessage, Content, Usage } from '../core/messages.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../model/chat-client.js'

/** What a scripted model does at one call. */
export type ModelStep =
  /** Answers with text, streamed in `chunks` or whole. */
  | { readonly text: string; readonly chunks?: readonly string[] }
  /** Calls tools, side by side. */
  | { readonly calls: readonly ScriptedCall[] }
  /** Fails, after streaming `afterText` if there is any. */
  | { readonly error: Error; readonly afterText?: string }

export interface ScriptedCall {
  readonly name: string
  readonly arguments: JsonObject | string
  /** @default `call_<step>_<index>` */
  readonly callId?: string
}

/** Each step in order, or a function that looks at the request and the number of the call (from 0). */
export type ModelScript = readonly ModelStep[] | ((request: ChatRequest, call: number) => ModelStep)

const usage: Usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

/**
 * A model that does what a script says, for tests. It is strict: a call that the script does not foresee fails, and
 * {@link ScriptedModel.assertDone} fails when steps are left.
 *
 * @example
 * const model = new ScriptedModel([{ calls: [{ name: 'get_weather', arguments: { location: 'Seattle' } }] }, { text: 'Sunny.' }])
 * const { text } = await new Agent({ name: 'Weather', client: model, tools: [getWeather] }).run('Seattle?')
 * model.assertDone()
 */
export class ScriptedModel implements ChatClient {
  readonly model = 'scripted'
  readonly #script: ModelScript
  readonly #requests: ChatRequest[] = []

  constructor(script: ModelScript) {
    this.#script = script
  }

  /** Every request so far, in order. */
  get requests(): readonly ChatRequest[] {
    return this.#requests
  }

  async *stream(request: ChatRequest, { signal }: ChatOptions = {}): AsyncGenerator<ChatEvent> {
    signal?.throwIfAborted()
    const call = this.#requests.push(request) - 1
    const step = typeof this.#script === 'function' ? this.#script(request, call) : this.#script[call]
    if (step === undefined) {
      throw new AgentError(
        'model_error',
        `The script has no step for model call ${call}: ${describe(request)}`,
      )
    }
    if ('error' in step) {
      if (step.afterText !== undefined) yield { type: 'text', text: step.afterText }
      throw step.error
    }
    for (const text of toChunks(step)) yield { type: 'text', text }
    const finishReason = 'calls' in step ? 'tool_calls' : 'stop'
    yield { type: 'completed', message: toMessage(step, call), usage, finishReason, model: this.model }
  }

  /** @throws {Error} when the model was called less often than the script foresees. */
  assertDone(): void {
    if (typeof this.#script === 'function' || this.#requests.length === this.#script.length) return
    throw new Error(
      `The script has ${this.#script.length} steps, but the model was called ${this.#requests.length} times.`,
    )
  }
}

function toChunks(step: Exclude<ModelStep, { error: Error }>): readonly string[] {
  return 'calls' in step ? [] : (step.chunks ?? [step.text])
}

function toMessage(step: Exclude<ModelStep, { error: Error }>, call: number): ChatMessage {
  if ('text' in step) return { role: 'assistant', contents: [{ type: 'text', text: step.text }] }
  const contents = step.calls.map(
    ({ name, arguments: args, callId }, index): Content => ({
      type: 'functionCall',
      callId: callId ?? `call_${call}_${index}`,
      name,
      arguments: args,
    }),
  )
  return { role: 'assistant', contents }
}

function describe({ messages }: ChatRequest): string {
  return JSON.stringify(messages.at(-1)).slice(0, 200)
}
