import { AsyncLocalStorage } from 'node:async_hooks'
import { AgentError } from '../../core/errors.js'
import { addUsage, createTextMessage, noUsage } from '../../core/messages.js'
import type { ChatClient, ChatEvent } from '../../model/chat-client.js'
import { Agent } from '../agent.js'
import type { AgentMiddleware, ModelCallContext } from '../middleware.js'
import type { ForeignAgent, ForeignUpdate } from './foreign-agent.js'

/**
 * A foreign agent as one of ours: its whole run is what else would be a model call, so it is journalled, streamed,
 * cancelled and limited as that.
 */
export class HostedAgent extends Agent {
  readonly #type: string

  /** @throws {AgentError} `invalid_configuration` when its name cannot be used. */
  constructor(foreign: ForeignAgent) {
    const { name, description } = foreign
    super({ name, description, ...toModel(foreign) })
    const { constructor: made } = foreign
    this.#type = made === Object ? 'ForeignAgent' : made.name
  }

  override get type(): string {
    return this.#type
  }
}

/** A model is told nothing but its request; which run that is for, the middleware around it knows. */
function toModel(foreign: ForeignAgent): { client: ChatClient; middleware: readonly AgentMiddleware[] } {
  const calls = new AsyncLocalStorage<ModelCallContext>()
  const client: ChatClient = {
    model: foreign.name,
    stream(request) {
      const call = calls.getStore()
      if (call === undefined)
        throw new Error(`The foreign agent "${foreign.name}" was asked outside of a run.`)
      return streamAnswer(foreign, { ...call, request })
    },
  }
  const remember: AgentMiddleware = {
    callModel(call, next) {
      checkInterruption(foreign, call)
      return calls.run(call, next)
    },
  }
  return { client, middleware: [remember] }
}

function checkInterruption(
  { name, onInterrupted = 'fail' }: ForeignAgent,
  { attempt }: ModelCallContext,
): void {
  if (onInterrupted === 'retry' || attempt === 1) return
  throw new AgentError(
    'outcome_unknown',
    `The run was interrupted while the agent "${name}" worked on it, so what it did is unknown. It was not run again, as its onInterrupted is not 'retry'.`,
  )
}

async function* streamAnswer(foreign: ForeignAgent, call: ModelCallContext): AsyncGenerator<ChatEvent> {
  const { step: _step, request, ...run } = call
  const responseSchema = request.responseFormat?.schema
  let text = ''
  let answer: string | undefined
  let usage = noUsage
  for await (const update of foreign.run(request.messages, { ...run, responseSchema })) {
    const news: ForeignUpdate = typeof update === 'string' ? { text: update } : update
    if (news.reasoning) yield { type: 'reasoning', text: news.reasoning }
    if (news.text) yield { type: 'text', text: news.text }
    text += news.text ?? ''
    answer = news.answer ?? answer
    usage = addUsage(usage, news.usage ?? noUsage)
  }
  const message = createTextMessage('assistant', answer ?? text)
  yield { type: 'completed', message, usage, finishReason: 'stop', model: foreign.name }
}
