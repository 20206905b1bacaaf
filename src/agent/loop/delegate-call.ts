import type { JsonObject } from '../../core/json.js'
import { type ChatMessage, noUsage } from '../../core/messages.js'
import type { RunEvent, SessionState } from '../../run/events.js'
import { toUpdate } from '../../run/to-update.js'
import { toPromptMessages } from '../../run/turn-messages.js'
import type { Tool } from '../agent-definition.js'
import type { ToolContext } from '../tools/tool-context.js'
import type { DelegateOutcome } from './delegation.js'
import type { RunContext } from './run-context.js'

/** A tool call that another agent is to answer. */
export interface DelegatedCall {
  readonly delegate: NonNullable<Tool['delegate']>
  readonly arguments: JsonObject | string
  readonly call: ToolContext
}

/** How many runs may work for one another in a row: more are agents that ask one another in circles. */
const maxDepth = 16

/** Has another agent work for a run. With the session propagated it knows the conversation, and its providers keep their state in it. */
export async function delegateCall(
  context: RunContext,
  { delegate, arguments: args, call }: DelegatedCall,
): Promise<DelegateOutcome> {
  const { agent, propagateSession } = delegate
  const depth = (context.depth ?? 0) + 1
  if (depth > maxDepth) {
    const error = `Agent "${agent.name}" was not asked: ${maxDepth} agents are working for one another already.`
    return { error, usage: noUsage }
  }
  const prefix = `${agent.name}/`
  const { stateChanges, ...outcome } = await context.delegation.run({
    agent,
    callId: call.callId,
    message: delegate.toMessage(args),
    undoes: delegate.undoes?.(call.callId),
    history: propagateSession ? toConversation(context) : [],
    sessionState: propagateSession ? context.states.below(prefix) : {},
    values: call.values,
    metadata: call.metadata,
    signal: call.signal,
    runEnd: context.limits.runEnd,
    depth,
    isFromUntrusted: call.hasReadUntrusted,
    onEvent: (event) => tell(event, delegate, call, context),
  })
  if (propagateSession) keep(stateChanges, prefix, context)
  return outcome
}

/** The conversation up to the answer that asks for this call: that one's calls have no results yet. */
function toConversation({ history, request, journal: { state } }: RunContext): readonly ChatMessage[] {
  const said = state.prepared?.request ?? request.messages
  return [...history, ...said, ...toPromptMessages({ ...state, steps: state.steps.slice(0, -1) })]
}

function keep(changes: SessionState, prefix: string, { states }: RunContext): void {
  for (const [name, state] of Object.entries(changes)) states.set(`${prefix}${name}`, state)
}

function tell(
  event: RunEvent,
  { onUpdate }: DelegatedCall['delegate'],
  call: ToolContext,
  { onError }: RunContext,
): void {
  const update = onUpdate && toUpdate(event)
  if (update === undefined) return
  try {
    onUpdate?.(update, call)
  } catch (error) {
    onError(error)
  }
}
