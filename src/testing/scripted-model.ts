import { checkList, checkObject } from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import type { JsonObject } from '../core/json.js'
import type { ChatMessage, Content, Usage } from '../core/messages.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest, FinishReason } from '../model/chat-client.js'

/** What a scripted model does at one call. */
export type ModelStep =
  /** Answers with text, streamed in `chunks` or whole; it is cut off there when `finishReason` says so. */
  | {
      readonly text: string
      readonly chunks?: readonly string[] | undefined
      /** @default 'stop' */
      readonly finishReason?: FinishReason | undefined
    }
  /** Calls tools, side by side. */
  | { readonly calls: readonly ScriptedCall[] }
  /** Fails, after streaming `afterText` if there is any. */
  | { readonly error: Error; readonly afterText?: string | undefined }
  /** Streams this text, and then says nothing more until it is aborted. */
  | { readonly hangsAfter: string }

/** A tool call of a scripted model. */
export interface ScriptedCall {
  readonly name: string
  readonly arguments: JsonObject | string
  /** @default `call_<answers in the conversation>_<index>` */
  readonly callId?: string | undefined
}

/**
 * Each step in order, or a function that looks at the request and the number of the call (from 0). A function that has no
 * step for a request returns `undefined`.
 */
export type ModelScript =
  | readonly ModelStep[]
  | (((request: ChatRequest, call: number) => ModelStep | undefined) & {
      /** All that it may say; {@link ScriptedModel.assertDone} then fails when some of it never was. */
      readonly steps?: readonly ModelStep[] | undefined
    })

/** A model was asked something that its script does not foresee. */
export class UnexpectedModelCall extends AgentError {
  override readonly name = 'UnexpectedModelCall'

  constructor(message: string) {
    super('model_error', message)
  }
}

/**
 * A script that goes by the conversation: the first step answers one in which the agent has said nothing yet, the second one
 * with one answer in it, and so on. So a call that is repeated, in whatever process, gets the same answer.
 */
export function conversation(steps: readonly ModelStep[]): ModelScript {
  return Object.assign((request: ChatRequest) => steps[countAnswers(request)], { steps })
}

/** How many answers of the agent a conversation holds. */
export function countAnswers({ messages }: ChatRequest): number {
  return messages.filter(({ role }) => role === 'assistant').length
}

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
  readonly #used = new Set<ModelStep>()

  /** @throws {AgentError} `invalid_configuration` when it is no script. */
  constructor(script: ModelScript) {
    checkSteps(typeof script === 'function' ? (script.steps ?? []) : script)
    this.#script = script
  }

  /** Whether its answers go by the number of the call, so that a repeated call gets another one. */
  get goesByCallCount(): boolean {
    return typeof this.#script !== 'function'
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
      throw new UnexpectedModelCall(`The script has no step for model call ${call}: ${describe(request)}`)
    }
    this.#used.add(step)
    if ('error' in step) {
      if (step.afterText !== undefined) yield { type: 'text', text: step.afterText }
      throw step.error
    }
    if ('hangsAfter' in step) {
      yield { type: 'text', text: step.hangsAfter }
      return await untilAborted(signal)
    }
    for (const text of toChunks(step)) yield { type: 'text', text }
    const finishReason = 'calls' in step ? 'tool_calls' : (step.finishReason ?? 'stop')
    yield {
      type: 'completed',
      message: toMessage(step, countAnswers(request)),
      usage,
      finishReason,
      model: this.model,
    }
  }

  /** @throws {Error} when the script has steps that the model was never asked for. */
  assertDone(): void {
    if (typeof this.#script === 'function') this.#assertUsed(this.#script.steps ?? [])
    else if (this.#requests.length !== this.#script.length) {
      throw new Error(
        `The script has ${this.#script.length} steps, but the model was called ${this.#requests.length} times.`,
      )
    }
  }

  #assertUsed(steps: readonly ModelStep[]): void {
    const unused = steps.filter((step) => !this.#used.has(step))
    if (unused.length === 0) return
    throw new Error(
      `Of the ${steps.length} steps of the script ${unused.length} were never asked for: ${JSON.stringify(unused).slice(0, 200)}`,
    )
  }
}

type Answer = Extract<ModelStep, { text: string } | { calls: readonly ScriptedCall[] }>

const kinds = ['text', 'calls', 'error', 'hangsAfter']

function checkSteps(steps: readonly ModelStep[]): void {
  checkList('The script of a ScriptedModel, when it is no function,', steps)
  for (const step of steps) {
    checkObject('A step of a script', step)
    if (kinds.some((kind) => kind in step)) continue
    const message = `A step of a script has one of ${kinds.join(', ')}, not ${Object.keys(step).join(', ')}.`
    throw new AgentError('invalid_configuration', message)
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function toChunks(step: Answer): readonly string[] {
  return 'calls' in step ? [] : (step.chunks ?? [step.text])
}

function toMessage(step: Answer, answers: number): ChatMessage {
  if ('text' in step) return { role: 'assistant', contents: [{ type: 'text', text: step.text }] }
  const contents = step.calls.map(
    ({ name, arguments: args, callId }, index): Content => ({
      type: 'functionCall',
      callId: callId ?? `call_${answers}_${index}`,
      name,
      arguments: args,
    }),
  )
  return { role: 'assistant', contents }
}

function describe({ messages }: ChatRequest): string {
  return JSON.stringify(messages.at(-1)).slice(0, 200)
}
