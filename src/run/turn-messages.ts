import { type ChatMessage, createTextMessage, type FunctionResultContent } from '../core/messages.js'
import type { CallState, RunState, StepState } from './fold.js'

/** What a run has added after the user's messages: each answer and the results of its tool calls, and what joined on the way. */
export function toTurnMessages(state: RunState): readonly ChatMessage[] {
  return [
    ...toSteeringMessages(state, 0),
    ...state.steps.flatMap((step, index) => [
      ...toStepMessages(step),
      ...toSteeringMessages(state, index + 1),
    ]),
    ...toPreparedMessages(state),
  ]
}

function toSteeringMessages({ steering }: RunState, afterSteps: number): readonly ChatMessage[] {
  return steering.filter((one) => one.afterSteps === afterSteps).flatMap(({ messages }) => messages)
}

/** What a run has said and what its tools gave, without the messages that joined it on the way. */
export function toOwnMessages(state: RunState): readonly ChatMessage[] {
  return [...state.steps.flatMap(toStepMessages), ...toPreparedMessages(state)]
}

function toPreparedMessages({ prepared, steps }: RunState): readonly ChatMessage[] {
  const answer = prepared?.answer
  return answer === undefined || steps.length > 0 ? [] : [createTextMessage('assistant', answer.text)]
}

/** A step's answer, followed by one message with the results of its tool calls. */
export function toStepMessages(step: StepState): readonly ChatMessage[] {
  const results = step.calls.map(toResult).filter((result) => result !== undefined)
  return results.length === 0 ? [step.message] : [step.message, { role: 'tool', contents: results }]
}

function toResult({ call, completed }: CallState): FunctionResultContent | undefined {
  if (completed === undefined) return undefined
  const { result, error } = completed
  return error === undefined
    ? { type: 'functionResult', callId: call.callId, result: result ?? null }
    : { type: 'functionResult', callId: call.callId, error }
}
