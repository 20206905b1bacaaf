import type { ChatCompletion } from 'openai/resources/chat/completions'
import type { StoredEvent, TerminalEvent } from '../../../run/events.js'
import { fold, type RunState } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { toFinalText } from './chat-text.js'

/** What a chat completion and all chunks of one begin with. */
export interface ChatHead {
  readonly id: string
  /** Unix time; seconds. */
  readonly created: number
  /** The agent's name. */
  readonly model: string
}

/** Why an answer ended. */
export type ChatFinish = 'stop' | 'length' | 'content_filter'

/** The same whenever the run is told: its events say when it was accepted. */
export function toChatHead({ agent, run }: RunKey, events: readonly StoredEvent[]): ChatHead {
  return { id: `chatcmpl-${run}`, created: Math.floor((events[0]?.at ?? 0) / 1000), model: agent }
}

/** A finished run as a chat completion. Source: OpenAI API reference, "The chat completion object". */
export function toChatCompletion(
  key: RunKey,
  events: readonly StoredEvent[],
  outcome: Extract<TerminalEvent, { type: 'run.completed' }>,
): ChatCompletion {
  const state = fold(events)
  const { content, refusal = null } = toFinalText(state, outcome)
  const isRefused = refusal !== null && content === ''
  return {
    object: 'chat.completion',
    ...toChatHead(key, events),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: isRefused ? null : content, refusal },
        logprobs: null,
        finish_reason: toChatFinish(state),
      },
    ],
    usage: outcome.data.usage,
  }
}

/** Why the last step ended; an answer that no model gave is whole. */
export function toChatFinish({ steps }: RunState): ChatFinish {
  const reason = steps.at(-1)?.finishReason
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop'
}
