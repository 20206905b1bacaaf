import { type ChatMessage, toFunctionCalls } from '../../core/messages.js'
import { isToolSource } from '../agent-definition.js'
import type { RunContext } from './run-context.js'
import { toCallNames } from './undo-tools.js'

/**
 * Whether the model was shown what an `untrusted` tool or provider gave when it made the calls of the run's last step, or is asked
 * by a model that was. The messages themselves tell it, so no crash loses it, and it ends when they are no longer shown.
 */
export function hasReadUntrusted(context: RunContext): boolean {
  const { history, journal, isFromUntrusted = false } = context
  if (isFromUntrusted || hasUntrustedContext(context)) return true
  const calls = toUntrustedCalls(context)
  if (calls === undefined) return false
  const shownSteps = journal.state.steps.slice(0, -1)
  return shownSteps.some(({ message }) => calls(message)) || history.some(calls)
}

/** Whether an untrusted provider may have given this run something; of what several gave it is not known who gave it. */
function hasUntrustedContext({ agent, journal }: RunContext): boolean {
  const { messages = [], instructions } = journal.state.prepared ?? {}
  const isGiven = messages.length > 0 || instructions !== undefined
  return isGiven && agent.contextProviders.some(({ untrusted }) => untrusted)
}

/**
 * Tells whether a message calls an untrusted tool; `undefined` when none can.
 * Security: where an untrusted source lists the tools, one that is not there any more counts as one of its.
 */
function toUntrustedCalls({ agent, tools }: RunContext): ((message: ChatMessage) => boolean) | undefined {
  const sources = [...agent.contextProviders, ...agent.tools.filter(isToolSource)]
  const isUnknownOne = sources.some(({ untrusted }) => untrusted)
  if (!isUnknownOne && !tools.some(({ untrusted }) => untrusted)) return undefined
  const known = toCallNames(tools)
  return (message) => toFunctionCalls(message).some(({ name }) => known.get(name)?.untrusted ?? isUnknownOne)
}
