import { toIssueText } from '../core/errors.js'
import {
  type ChatMessage,
  createTextMessage,
  type FunctionResultContent,
  toSaidText,
} from '../core/messages.js'
import type { AnswerRejected } from './events.js'
import { areChanged, type CallState, type RunState, type StepState } from './fold.js'

/**
 * What a run has added after the user's messages: each answer and the results of its tool calls, and what joined on the
 * way. Answers that did not fit the asked-for schema are no part of it.
 */
export function toTurnMessages(state: RunState): readonly ChatMessage[] {
  return withAnswer(
    state,
    joinSteps(state, (step) => (findRejection(state, step) === undefined ? toStepMessages(step) : [])),
  )
}

/** What the model is shown of a run that goes on: everything it has added, and what was wrong with answers that did not fit. */
export function toPromptMessages(state: RunState): readonly ChatMessage[] {
  return joinSteps(state, (step) => {
    const rejection = findRejection(state, step)
    const complaint = rejection === undefined ? [] : [createTextMessage('user', toComplaint(rejection))]
    return [...toStepMessages(step), ...complaint]
  })
}

function joinSteps(
  state: RunState,
  toMessages: (step: StepState) => readonly ChatMessage[],
): readonly ChatMessage[] {
  return [
    ...toSteeringMessages(state, 0),
    ...state.steps.flatMap((step, index) => [...toMessages(step), ...toSteeringMessages(state, index + 1)]),
  ]
}

function findRejection({ rejections }: RunState, { step }: StepState): AnswerRejected | undefined {
  return rejections.find((rejection) => rejection.step === step)
}

function toComplaint({ issues }: AnswerRejected): string {
  return `That answer does not fit the JSON schema that was asked for: ${toIssueText(issues)}. Answer again, with nothing but JSON that fits.`
}

function toSteeringMessages({ steering }: RunState, afterSteps: number): readonly ChatMessage[] {
  return steering.filter((one) => one.afterSteps === afterSteps).flatMap(({ messages }) => messages)
}

/** What a run has said and what its tools gave, without the messages that joined it on the way. */
export function toOwnMessages(state: RunState): readonly ChatMessage[] {
  const accepted = state.steps.filter((step) => findRejection(state, step) === undefined)
  return withAnswer(state, accepted.flatMap(toStepMessages))
}

/** What a run's model has said so far of an answer that it has not ended: one message, or none. */
export function toPartialMessages({ partial }: RunState): readonly ChatMessage[] {
  return partial ? [createTextMessage('assistant', partial)] : []
}

/** The text of a run's answer; a refusal's words when the model refused. */
export function toAnswerText({ outcome, prepared, steps }: RunState): string {
  if (outcome?.type === 'run.completed') return outcome.data.response
  if (prepared?.answer !== undefined) return prepared.answer.text
  return toSaidText(steps.at(-1)?.message)
}

/** An answer that the model did not give, or not in these words, stands where the model's would. */
function withAnswer(state: RunState, messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const isAnswered = state.outcome?.type === 'run.completed' || state.prepared?.answer !== undefined
  const last = state.steps.at(-1)?.message
  const text = toAnswerText(state)
  if (!isAnswered || toSaidText(last) === text) return messages
  const answer = createTextMessage('assistant', text)
  return last === undefined
    ? [...messages, answer]
    : messages.map((message) => (message === last ? { ...last, ...answer } : message))
}

/** A step's answer, followed by one message with the results of its tool calls. */
export function toStepMessages(step: StepState): readonly ChatMessage[] {
  const results = step.calls.map(toResult).filter((result) => result !== undefined)
  const message = toMessageAsRun(step)
  return results.length === 0 ? [message] : [message, { role: 'tool', contents: results }]
}

/** A human may have changed a call's arguments. A model that saw its own would go on telling of what never was done. */
function toMessageAsRun({ message, calls }: StepState): ChatMessage {
  const changed = new Map(
    calls.flatMap(({ call, started }) =>
      started !== undefined && areChanged({ call }, started.arguments)
        ? [[call.callId, started.arguments]]
        : [],
    ),
  )
  if (changed.size === 0) return message
  const contents = message.contents.map((content) =>
    content.type === 'functionCall'
      ? { ...content, arguments: changed.get(content.callId) ?? content.arguments }
      : content,
  )
  return { ...message, contents }
}

/** A step of a run that has ended, with the calls closed that have no result: models want each to have one. */
export function closeCalls(step: StepState): StepState {
  return { ...step, calls: step.calls.map(closeCall) }
}

function closeCall(state: CallState): CallState {
  if (state.completed !== undefined) return state
  const error =
    state.started === undefined
      ? 'The run ended before this tool ran.'
      : 'The run ended while this tool ran, so whether it took effect is unknown.'
  return { ...state, completed: { callId: state.call.callId, error, durationMs: 0 } }
}

function toResult({ call, completed }: CallState): FunctionResultContent | undefined {
  if (completed === undefined) return undefined
  const { result, error } = completed
  return error === undefined
    ? { type: 'functionResult', callId: call.callId, result: result ?? null }
    : { type: 'functionResult', callId: call.callId, error }
}
