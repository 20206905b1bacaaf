import type { AgentResponse } from '../core/response.js'
import type { ContextProvider } from './agent-definition.js'
import { recordStateChanges, toProviderContext } from './equip-run.js'
import type { RunContext } from './run-context.js'
import { toAnswer, toResponse } from './to-answer.js'

/** Ends a run that has its answer. The agent's providers see it first. */
export async function finishRun(context: RunContext): Promise<void> {
  const { agent, journal } = context
  const answer = await toAnswer(context)
  const response = { ...toResponse(journal.state, context.correlationId), value: answer.value }
  await Promise.all(agent.contextProviders.map((provider) => tellProvider(provider, context, response)))
  context.signal.throwIfAborted()
  recordStateChanges(context)
  journal.record({ type: 'run.completed', data: answer })
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
