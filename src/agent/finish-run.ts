import type { AgentResponse } from '../core/response.js'
import type { ContextProvider } from './agent-definition.js'
import { recordStateChanges, toMiddlewareContext, toProviderContext } from './equip-run.js'
import type { RunContext } from './run-context.js'
import { toAnswer, toResponse, toValue } from './to-answer.js'

/** Ends a run that has its answer. The agent's providers see it first, then its middleware from the inside out. */
export async function finishRun(context: RunContext): Promise<void> {
  const { agent, journal, correlationId } = context
  const value = await toValue(journal.state)
  const response = { ...toResponse(journal.state, correlationId), value }
  if (journal.state.prepared?.answer === undefined)
    await Promise.all(agent.contextProviders.map((provider) => tellProvider(provider, context, response)))
  const text = await askMiddleware(context, response)
  context.signal.throwIfAborted()
  recordStateChanges(context)
  journal.record({ type: 'run.completed', data: await toAnswer(context, text) })
}

async function tellProvider(
  provider: ContextProvider,
  context: RunContext,
  response: AgentResponse,
): Promise<void> {
  try {
    await provider.afterRun?.(toProviderContext(context, provider.name), response)
  } catch (error) {
    context.onError(error)
  }
}

/** The answer's text as middleware leaves it. Who gave the answer in place of the model, and those further in, are not asked. */
async function askMiddleware(context: RunContext, response: AgentResponse): Promise<string> {
  const { agent, journal } = context
  const layers = agent.middleware.slice(0, journal.state.prepared?.answer?.by)
  if (layers.every(({ afterRun }) => afterRun === undefined)) return response.text
  const shared = toMiddlewareContext(context)
  let { text } = response
  for (const middleware of layers.toReversed())
    text = (await middleware.afterRun?.(shared, { ...response, text }))?.text ?? text
  return text
}
