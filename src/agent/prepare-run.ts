import type { RunPrepared } from '../run/events.js'
import type { ContextProvider } from './agent-definition.js'
import { recordStateChanges, toProviderContext } from './equip-run.js'
import type { ProvidedContext } from './provider-context.js'
import type { RunContext } from './run-context.js'

/** Asks the agent's providers what they give the run, and records it: a resumed run does not ask again. */
export async function prepareRun(context: RunContext): Promise<void> {
  const { agent, journal } = context
  const provided = await Promise.all(agent.contextProviders.map((provider) => askProvider(provider, context)))
  recordStateChanges(context)
  journal.record({ type: 'run.prepared', data: toPrepared(agent.instructions, provided) })
  await journal.flush()
}

async function askProvider(provider: ContextProvider, context: RunContext): Promise<ProvidedContext> {
  return (await provider.beforeRun?.(toProviderContext(context, provider.name))) ?? {}
}

function toPrepared(instructions: string | undefined, provided: readonly ProvidedContext[]): RunPrepared {
  const added = provided.flatMap((one) => one.instructions ?? [])
  const messages = provided.flatMap((one) => one.messages ?? [])
  return {
    ...(added.length === 0 ? {} : { instructions: [instructions ?? [], ...added].flat().join('\n\n') }),
    ...(messages.length === 0 ? {} : { messages }),
  }
}
