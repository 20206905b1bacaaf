import { type ChatMessage, toText } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import type { RunAnswer } from './events.js'
import type { RunState } from './fold.js'
import { toAnswerText, toTurnMessages } from './turn-messages.js'

/** The text of the last message the user sent. */
export function toRequestText(messages: readonly ChatMessage[]): string {
  return toText(messages.at(-1)?.contents ?? [])
}

/** A finished run as its caller gets it. */
export function toResponse(state: RunState, responseId: string): AgentResponse {
  const { outcome, usage, steps, continuation } = state
  const answer = outcome?.type === 'run.completed' ? outcome.data : undefined
  return {
    text: toAnswerText(state),
    messages: toTurnMessages(state),
    usage,
    responseId,
    // One that has joined another run has no steps of its own.
    finishReason: steps.at(-1)?.finishReason ?? answer?.finishReason,
    ...(continuation !== undefined && { continuationToken: continuation }),
    value: answer?.value,
  }
}

/** Why an answer is not whole: the model may say no more, or its provider has stopped it. */
export type CutOff = NonNullable<RunAnswer['finishReason']>

/** Why a run's last answer is not whole; `undefined` when it is, as when no model gave it. */
export function toCutOff({ steps }: Pick<RunState, 'steps'>): CutOff | undefined {
  const reason = steps.at(-1)?.finishReason
  return reason === 'length' || reason === 'content_filter' ? reason : undefined
}
