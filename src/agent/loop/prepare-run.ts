import type { ChatMessage } from '../../core/messages.js'
import { toAskedMessages } from '../../run/asked-messages.js'
import type { PreparedAnswer, RunPrepared } from '../../run/events.js'
import type { AgentDefinition, ContextProvider } from '../agent-definition.js'
import type { ProvidedContext } from '../providers/provider-context.js'
import { recordStateChanges, toMiddlewareContext, toProviderContext } from './equip-run.js'
import { readGiven } from './read-given.js'
import type { EquippedRun } from './run-context.js'
import { withinTimeLeft } from './within-time-left.js'

/** Whether an agent has anybody to ask before a run. */
export function hasPreparation({ contextProviders, middleware }: AgentDefinition): boolean {
  return contextProviders.length > 0 || middleware.some(({ beforeRun }) => beforeRun !== undefined)
}

/**
 * Asks the agent's middleware, then its providers, what they give the run, and records it: a resumed run does not ask
 * again. Providers are not asked for a run that middleware has answered.
 */
export async function prepareRun(context: EquippedRun): Promise<void> {
  const { agent, journal, request } = context
  const asked = await askMiddleware(context)
  const messages = asked.request ?? request.messages
  const provided =
    asked.answer === undefined
      ? await Promise.all(agent.contextProviders.map((provider) => askProvider(provider, context, messages)))
      : []
  recordStateChanges(context)
  journal.record({ type: 'run.prepared', data: toPrepared(agent.instructions, asked, provided) })
  await journal.flush()
}

/** What the agent's middleware has made of a run. */
interface Asked {
  readonly instructions?: string
  readonly request?: readonly ChatMessage[]
  readonly answer?: PreparedAnswer
}

async function askMiddleware(context: EquippedRun): Promise<Asked> {
  const { agent, history } = context
  let asked: Asked = {}
  for (const [by, middleware] of agent.middleware.entries()) {
    const { instructions = agent.instructions, request = toAskedMessages(context.request) } = asked
    const given = await withinTimeLeft(context, 'Middleware', async (signal) =>
      middleware.beforeRun?.({
        ...toMiddlewareContext(context, signal),
        history,
        instructions,
        messages: request,
      }),
    )
    const result = readGiven('beforeRun of a middleware', given ?? undefined, {
      instructions: 'text',
      messages: 'list',
      answer: 'text',
    })
    if (result === undefined) continue
    if ('answer' in result) return { ...asked, answer: { text: result.answer, by } }
    const { instructions: told, messages } = result
    asked = {
      ...asked,
      ...(told === undefined ? {} : { instructions: told }),
      ...(messages === undefined ? {} : { request: messages }),
    }
  }
  return asked
}

async function askProvider(
  provider: ContextProvider,
  context: EquippedRun,
  messages: readonly ChatMessage[],
): Promise<ProvidedContext> {
  const provided = await withinTimeLeft(context, `"${provider.name}"`, async (signal) =>
    provider.beforeRun?.({ ...toProviderContext(context, provider.name, signal), messages }),
  )
  const members = { instructions: 'text', messages: 'list' } as const
  return readGiven(`beforeRun of provider "${provider.name}"`, provided ?? undefined, members) ?? {}
}

function toPrepared(
  own: string | undefined,
  asked: Asked,
  provided: readonly ProvidedContext[],
): RunPrepared {
  const { instructions = own, ...rest } = asked
  const told = [instructions ?? [], ...provided.map((one) => one.instructions ?? [])].flat().join('\n\n')
  const messages = provided.flatMap((one) => one.messages ?? [])
  return {
    ...rest,
    ...(told === (own ?? '') ? {} : { instructions: told }),
    ...(messages.length === 0 ? {} : { messages }),
  }
}
