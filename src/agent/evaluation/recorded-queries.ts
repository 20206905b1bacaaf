import { type ChatMessage, toText } from '../../core/messages.js'
import type { RunEvent } from '../../run/events.js'
import { type CallState, fold, type RunState } from '../../run/fold.js'
import { closeCalls, toAnswerText, toTurnMessages } from '../../run/turn-messages.js'
import type { EvaluationQuery, ObservedToolCall } from './evaluator.js'

/**
 * The runs of a conversation as queries, to ask another prompt or model the same: each with the conversation before it, with
 * what its tools gave, and with its answer and its calls as what is expected. No tool is executed for them.
 *
 * @param runs the events of each run, as `session.follow()` of the client gives them; the oldest run first. Those that have not ended are left out, and of messages the text counts.
 * @example
 * const { conversation_history } = await session.read({ runs: true })
 * const ids = new Set(conversation_history.flatMap(({ correlationId }) => correlationId ?? []))
 * const runs = await Promise.all([...ids].map((id) => Array.fromAsync(session.follow(id))))
 * const { failures } = await evaluateAgent({ agent, queries: recordedQueries(runs), evaluators: [toolCallsPresent()] })
 */
export function recordedQueries(runs: readonly (readonly RunEvent[])[]): readonly EvaluationQuery[] {
  const states = runs.map((events) => fold(events)).filter(({ outcome }) => outcome !== undefined)
  const conversations = states.map(toConversation)
  return states.flatMap((state, index) =>
    // No model was asked by a run that undid another one.
    state.request?.options.undoes === undefined ? [toQuery(state, conversations.slice(0, index).flat())] : [],
  )
}

function toQuery(state: RunState, history: readonly ChatMessage[]): EvaluationQuery {
  const recorded = state.steps.flatMap(({ calls }) => calls.flatMap(toObserved))
  return {
    query: toText(toAsked(state).flatMap(({ contents }) => contents)),
    history,
    recorded,
    expected: toAnswerText(state),
    expectedToolCalls: recorded.map(({ name, arguments: args }) =>
      typeof args === 'string' ? { name } : { name, arguments: args },
    ),
  }
}

function toConversation(state: RunState): readonly ChatMessage[] {
  return [...toAsked(state), ...toTurnMessages({ ...state, steps: state.steps.map(closeCalls) })]
}

function toAsked({ request }: RunState): readonly ChatMessage[] {
  return request?.messages ?? []
}

function toObserved({ call: { name, arguments: args }, completed }: CallState): readonly ObservedToolCall[] {
  if (completed === undefined) return []
  const { result, error } = completed
  return [{ name, arguments: args, result, error }]
}
