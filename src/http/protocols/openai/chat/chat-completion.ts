import type { ChatCompletion, ChatCompletionMessageFunctionToolCall } from 'openai/resources/chat/completions'
import { toJsonText } from '../../../../core/json.js'
import type { StoredEvent } from '../../../../run/events.js'
import { fold, type RunState } from '../../../../run/fold.js'
import type { RunKey } from '../../../../run/run-log.js'
import { type CutOff, toCutOff } from '../../../../run/to-response.js'
import { toOpenCalls } from '../../../../run/waiting.js'
import { fromWireUsage, toWireUsage, type WireUsage } from '../../../../run/wire-usage.js'
import { toCallId } from '../call-id.js'
import type { ToldAnswer } from '../told-end.js'
import { toUsageSince } from '../usage-since.js'
import type { ChatStart } from './chat-start.js'
import { type TextPlace, toFinalText, toTextBeforeCalls } from './chat-text.js'

/** What a chat completion and all chunks of one begin with. */
export interface ChatHead {
  readonly id: string
  /** Unix time; seconds. */
  readonly created: number
  /** The agent's name. */
  readonly model: string
}

/** Why an answer ended. */
export type ChatFinish = 'stop' | CutOff | 'tool_calls'

/** An answer that is told, and from where on. */
export interface ChatPlace extends TextPlace {
  readonly key: RunKey
  readonly start: ChatStart
}

/** The same whenever the run is told: its events say when it was accepted. */
export function toChatHead({ key, start }: ChatPlace, events: readonly StoredEvent[]): ChatHead {
  const id = start.steps === 0 ? `chatcmpl-${key.run}` : `chatcmpl-${key.run}-${start.steps}`
  return { id, created: Math.floor((events[0]?.at ?? 0) / 1000), model: key.agent }
}

/** A finished run as a chat completion. Source: OpenAI API reference, "The chat completion object". */
export function toChatCompletion(
  place: ChatPlace,
  events: readonly StoredEvent[],
  answer: ToldAnswer,
): ChatCompletion {
  const state = fold(events)
  const { content, refusal = null } = toFinalText(state, answer, place)
  const isRefused = refusal !== null && content === ''
  return createCompletion(toChatHead(place, events), {
    message: { role: 'assistant', content: isRefused ? null : content, refusal },
    finish_reason: toChatFinish(state),
    usage: toSpent(place, answer.usage),
  })
}

/** A run that waits for its caller, as a chat completion that hands the calls over. */
export function toCallingCompletion(
  place: ChatPlace,
  events: readonly StoredEvent[],
  state: RunState,
): ChatCompletion {
  const content = toTextBeforeCalls(state, place)
  return createCompletion(toChatHead(place, events), {
    message: {
      role: 'assistant',
      content: content === '' ? null : content,
      refusal: null,
      tool_calls: [...toChatCalls(place.key, state)],
    },
    finish_reason: 'tool_calls',
    usage: toSpent(place, toWireUsage(state.usage)),
  })
}

/** The calls that a run hands over to its caller, under the ids by which their results find it. */
export function toChatCalls(key: RunKey, state: RunState): readonly ChatCompletionMessageFunctionToolCall[] {
  return toOpenCalls(state).map(({ callId, name, arguments: args }) => ({
    id: toCallId({ ...key, callId }),
    type: 'function',
    function: { name, arguments: toJsonText(args) },
  }))
}

/** What a run has spent since it was told before. */
export function toSpent({ start }: ChatPlace, all: WireUsage): WireUsage {
  return toWireUsage(toUsageSince(start.usage, fromWireUsage(all)))
}

function createCompletion(
  head: ChatHead,
  {
    usage,
    ...choice
  }: Pick<ChatCompletion.Choice, 'message' | 'finish_reason'> & { readonly usage: WireUsage },
): ChatCompletion {
  return {
    object: 'chat.completion',
    ...head,
    choices: [{ index: 0, ...choice, logprobs: null }],
    usage,
  }
}

/** Why the last step ended; an answer that no model gave is whole. */
export function toChatFinish(state: RunState): ChatFinish {
  return toCutOff(state) ?? 'stop'
}
