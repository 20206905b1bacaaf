import { type ChatMessage, toText } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import type { RunState } from './fold.js'
import { toAnswerText, toTurnMessages } from './turn-messages.js'

/** The text of the last message the user sent. */
export function toRequestText(messages: readonly ChatMessage[]): string {
  return toText(messages.at(-1)?.contents ?? [])
}

/** A finished run as its caller gets it. */
export function toResponse(state: RunState, responseId: string): AgentResponse {
  const { outcome, usage, steps, continuation } = state
  return {
    text: toAnswerText(state),
    messages: toTurnMessages(state),
    usage,
    responseId,
    finishReason: steps.at(-1)?.finishReason,
    ...(continuation !== undefined && { continuationToken: continuation }),
    value: outcome?.type === 'run.completed' ? outcome.data.value : undefined,
  }
}
