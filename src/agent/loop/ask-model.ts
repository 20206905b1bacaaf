import { refuse } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { isJsonObject } from '../../core/json.js'
import { type Content, createTextMessage, noUsage, toText } from '../../core/messages.js'
import type { ChatAnswer, ChatEvent, ChatRequest } from '../../model/chat-client.js'
import { type Asking, streamDurably } from './background-answer.js'
import { toMiddlewareContext } from './equip-run.js'
import { type Layer, wrapInLayers } from './layers.js'
import type { RunContext } from './run-context.js'

/** One model call of a run. */
export interface ModelCall {
  readonly step: number
  readonly request: ChatRequest
  readonly signal: AbortSignal
}

/**
 * Asks the model through the agent's middleware; what it says goes to the journal as it comes. `undefined` when it works
 * on in the background.
 */
export async function askModel(context: RunContext, call: ModelCall): Promise<ChatAnswer | undefined> {
  const layers = toLayers(context, call)
  if (layers.length === 0) return streamAnswer(context, { ...call, isRepeated: false }, true)
  const passesDeltas = context.agent.middleware.every(({ holdsDeltas = false }) => !holdsDeltas)
  let isRepeated = false
  const answer = await askInLayers(layers, call.request, (request) => {
    const asking = { ...call, request, isRepeated }
    isRepeated = true
    return streamAnswer(context, asking, passesDeltas)
  })
  call.signal.throwIfAborted()
  if (answer !== undefined) tellAnswer(context, call.step, answer)
  return answer
}

/** When the model works on in the background the layers are left where they stand: none may take that for an answer. */
function askInLayers(
  layers: readonly Layer<ChatRequest, ChatAnswer>[],
  request: ChatRequest,
  ask: (request: ChatRequest) => Promise<ChatAnswer | undefined>,
): Promise<ChatAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const innermost = async (changed: ChatRequest): Promise<ChatAnswer> => {
      const answer = await ask(changed)
      if (answer !== undefined) return answer
      resolve(undefined)
      return new Promise<never>(() => {})
    }
    wrapInLayers(layers, innermost)(request).then(resolve, reject)
  })
}

function toLayers(
  context: RunContext,
  { step, signal }: ModelCall,
): readonly Layer<ChatRequest, ChatAnswer>[] {
  const { attempt } = context.journal.state
  const shared = { ...toMiddlewareContext(context, signal), step, attempt }
  return context.agent.middleware
    .filter(({ callModel }) => callModel !== undefined)
    .map((middleware) => async (request, next) => {
      const answer = await middleware.callModel?.({ ...shared, request }, next)
      if (answer === undefined) throw createForgottenReturn()
      return typeof answer === 'object'
        ? checkAnswer('callModel of a middleware', answer)
        : toFreeAnswer(answer)
    })
}

function createForgottenReturn(): AgentError {
  return new AgentError(
    'invalid_configuration',
    'callModel of a middleware returned nothing: return what next() gives, or the text of an answer.',
  )
}

/** Refuses what is no answer; clients and middleware may be made without types. @throws {AgentError} `invalid_configuration` naming whose it is. */
function checkAnswer(from: string, answer: ChatAnswer): ChatAnswer {
  const { message, usage }: Partial<ChatAnswer> = answer
  if (!Array.isArray(message?.contents) || !Number.isFinite(usage?.totalTokens)) {
    refuse(
      `${from} gave an answer without a message that has contents, or without usage of { inputTokens, outputTokens, totalTokens }.`,
    )
  }
  const odd = message.contents.find((part) => !isPart(part))
  if (odd === undefined) return answer
  return refuse(
    `${from} gave an answer with a part that is none, of type ${JSON.stringify(Object(odd).type)}. Parts are { type: 'text', text }, { type: 'functionCall', callId, name, arguments } and the other contents of messages.`,
  )
}

/** Whether a part says what its type promises, so that nothing of an answer, such as a tool call in another format, is lost without a word. */
function isPart(part: unknown): boolean {
  if (!isJsonObject(part)) return false
  switch (part.type as Content['type']) {
    case 'text':
    case 'reasoning':
      return typeof part.text === 'string'
    case 'functionCall':
      return typeof part.name === 'string'
    case 'data':
    case 'uri':
    case 'error':
    case 'provider':
    case 'functionResult':
      return true
    default:
      return false
  }
}

function toFreeAnswer(text: string): ChatAnswer {
  const message = createTextMessage('assistant', text)
  return { message, usage: noUsage, finishReason: 'stop', model: 'middleware' }
}

async function streamAnswer(
  context: RunContext,
  asking: Asking,
  passesDeltas: boolean,
): Promise<ChatAnswer | undefined> {
  const { step, signal } = asking
  // Middleware may come here when the run has long gone on without it.
  signal.throwIfAborted()
  resetStep(context, step)
  let answer: ChatAnswer | undefined
  for await (const event of streamDurably(context, asking)) {
    signal.throwIfAborted()
    if (event.type === 'completed') answer = checkAnswer(`The client of "${context.agent.name}"`, event)
    else if (event.type === 'reset') resetStep(context, step)
    else if (event.type !== 'continuation' && passesDeltas) recordDelta(context, step, event)
  }
  if (answer !== undefined || context.journal.state.continuation !== undefined) return answer
  throw new AgentError('model_error', 'The model ended its answer without completing it.', {
    retryable: true,
  })
}

function recordDelta(
  { journal, waiting }: RunContext,
  step: number,
  { type, text, continuation }: Extract<ChatEvent, { text: string }>,
): void {
  const data =
    waiting.isLeftToCaller && continuation !== undefined ? { step, text, continuation } : { step, text }
  journal.record({ type: type === 'text' ? 'message.delta' : 'reasoning.delta', data })
}

/** Says that what was told of this step so far is void. */
function resetStep({ journal }: RunContext, step: number): void {
  if (journal.state.partial !== undefined) journal.record({ type: 'step.reset', data: { step } })
}

/** Middleware may have held back or changed what the model said: followers are told what counts. */
function tellAnswer(context: RunContext, step: number, { message }: ChatAnswer): void {
  const { journal } = context
  const text = toText(message.contents)
  if (text === (journal.state.partial ?? '')) return
  resetStep(context, step)
  if (text !== '') journal.record({ type: 'message.delta', data: { step, text } })
}
