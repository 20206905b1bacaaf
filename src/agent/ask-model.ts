import { AgentError } from '../core/errors.js'
import { createTextMessage, noUsage, toText } from '../core/messages.js'
import type { ChatAnswer, ChatEvent, ChatRequest } from '../model/chat-client.js'
import { toMiddlewareContext } from './equip-run.js'
import { type Layer, wrapInLayers } from './layers.js'
import type { RunContext } from './run-context.js'

/** One model call of a run. */
export interface ModelCall {
  readonly step: number
  readonly request: ChatRequest
  readonly signal: AbortSignal
}

/** Asks the model through the agent's middleware; what it says goes to the journal as it comes. */
export async function askModel(context: RunContext, call: ModelCall): Promise<ChatAnswer> {
  const layers = toLayers(context, call)
  if (layers.length === 0) return streamAnswer(context, call, call.request, true)
  const passesDeltas = context.agent.middleware.every(({ holdsDeltas = false }) => !holdsDeltas)
  const answer = await wrapInLayers(layers, (request) => streamAnswer(context, call, request, passesDeltas))(
    call.request,
  )
  call.signal.throwIfAborted()
  tellAnswer(context, call.step, answer)
  return answer
}

function toLayers(
  context: RunContext,
  { step, signal }: ModelCall,
): readonly Layer<ChatRequest, ChatAnswer>[] {
  const { attempt } = context.journal.state
  const shared = { ...toMiddlewareContext(context), step, attempt, signal }
  return context.agent.middleware
    .filter(({ callModel }) => callModel !== undefined)
    .map((middleware) => async (request, next) => {
      const answer = await middleware.callModel?.({ ...shared, request }, next)
      return typeof answer === 'object' ? answer : toFreeAnswer(answer ?? '')
    })
}

function toFreeAnswer(text: string): ChatAnswer {
  const message = createTextMessage('assistant', text)
  return { message, usage: noUsage, finishReason: 'stop', model: 'middleware' }
}

async function streamAnswer(
  context: RunContext,
  { step, signal }: ModelCall,
  request: ChatRequest,
  passesDeltas: boolean,
): Promise<ChatAnswer> {
  resetStep(context, step)
  let answer: ChatAnswer | undefined
  for await (const event of context.agent.client.stream(request, { signal })) {
    signal.throwIfAborted()
    if (event.type === 'completed') answer = event
    else if (passesDeltas) recordProgress(context, step, event)
  }
  if (answer !== undefined) return answer
  throw new AgentError('model_error', 'The model ended its answer without completing it.', {
    retryable: true,
  })
}

function recordProgress(
  context: RunContext,
  step: number,
  event: Exclude<ChatEvent, { type: 'completed' }>,
): void {
  switch (event.type) {
    case 'text':
      context.journal.record({ type: 'message.delta', data: { step, text: event.text } })
      break
    case 'reasoning':
      context.journal.record({ type: 'reasoning.delta', data: { step, text: event.text } })
      break
    case 'reset':
      resetStep(context, step)
  }
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
