import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { StoredEvent } from '../../../../run/events.js'
import { emptyRun, fold, type RunState } from '../../../../run/fold.js'
import type { RunKey } from '../../../../run/run-log.js'
import { isAsking, toOpenCalls } from '../../../../run/waiting.js'
import { toWireUsage, type WireUsage } from '../../../../run/wire-usage.js'
import type { OpenAiError } from '../openai-errors.js'
import { type ToldAnswer, type ToldEnd, toToldEnd } from '../told-end.js'
import {
  type ChatFinish,
  type ChatHead,
  type ChatPlace,
  toChatCalls,
  toChatFinish,
  toChatHead,
  toSpent,
} from './chat-completion.js'
import { createUntoldError, toEndError, type Untold } from './chat-ends.js'
import { type ChatText, toFinalText, toTextBeforeCalls, toTextSoFar } from './chat-text.js'

/** How a run is told in chunks. */
export interface ChatTelling extends ChatPlace {
  /** Whether the text waits for the run's end, as until then it may be replaced. */
  readonly holdsText: boolean
  /** Whether the last chunk says what the run has spent. */
  readonly includeUsage: boolean
}

/** How far a run has been told. */
export interface ChatProgress {
  readonly state: RunState
  readonly head: ChatHead | undefined
  /** All text that has been sent. It cannot be taken back. */
  readonly sent: string
  /** Whether there is nothing more to come. */
  readonly isOver: boolean
}

/** A frame's data: a chunk, an error, or the mark of the end. */
export type ChatFrame = ChatCompletionChunk | { readonly error: OpenAiError } | '[DONE]'

export const nothingTold: ChatProgress = { state: emptyRun, head: undefined, sent: '', isOver: false }

interface Told {
  readonly progress: ChatProgress
  readonly frames: readonly ChatFrame[]
}

/**
 * Tells the next events of a run. However they are cut, the frames' text is the same beginning of the run's answer, and an
 * answer that has become another one since ends with an error.
 * Source: OpenAI API reference, "The chat completion chunk object".
 */
export function tellChat(telling: ChatTelling, progress: ChatProgress, events: readonly StoredEvent[]): Told {
  if (progress.isOver || events.length === 0) return { progress, frames: [] }
  const state = fold(events, progress.state)
  const head = progress.head ?? toChatHead(telling, events)
  const named = { ...telling, head }
  const opening = progress.head === undefined ? [toChunk(named, { role: 'assistant', content: '' })] : []
  const told = tellState(named, { ...progress, state, head }, events.at(-1)?.type === 'run.parked')
  return { progress: told.progress, frames: [...opening, ...told.frames] }
}

/** The frame that ends what cannot be told any further. */
export function toUntoldFrame(why: Untold, key: RunKey): ChatFrame {
  return { error: createUntoldError(why, key) }
}

/** With what all chunks begin with. */
interface NamedTelling extends ChatTelling {
  readonly head: ChatHead
}

function tellState(telling: NamedTelling, progress: ChatProgress, isParked: boolean): Told {
  const { state, sent } = progress
  const { outcome } = state
  if (outcome !== undefined) return tellEnd(telling, progress, toToldEnd(state, outcome))
  const isWaiting = isParked && waits(telling, state)
  if (isWaiting && toOpenCalls(state).length > 0) return tellCalls(telling, progress)
  const text = telling.holdsText ? sent : toTextSoFar(state, telling.start.steps)
  // A step that was begun again may yet come to what was sent.
  if (!text.startsWith(sent) && !sent.startsWith(text)) return tellChanged(telling, progress)
  const added = toAdded(telling, { content: text.slice(sent.length) })
  const told = { progress: { ...progress, sent: text.length > sent.length ? text : sent }, frames: added }
  if (!isWaiting) return told
  return end(told.progress, [...added, toUntoldFrame('approval_required', telling.key)])
}

/** Whether a run waits for a human or its caller, and has heard of all that it was answered. */
function waits({ start: { answered } }: ChatTelling, state: RunState): boolean {
  return isAsking(state) && !toOpenCalls(state).some(({ callId }) => answered.includes(callId))
}

function tellCalls(telling: NamedTelling, progress: ChatProgress): Told {
  const { state, sent } = progress
  const content = toTextBeforeCalls(state, telling)
  if (!content.startsWith(sent)) return tellChanged(telling, progress)
  const rest = toAdded(telling, { content: content.slice(sent.length) })
  const calls = toChatCalls(telling.key, state).map((call, index) =>
    toChunk(telling, { tool_calls: [{ index, ...call }] }),
  )
  const ending = toEnding(telling, { finish: 'tool_calls', usage: toWireUsage(state.usage) })
  return end({ ...progress, sent: content }, [...rest, ...calls, ...ending])
}

function tellEnd(telling: NamedTelling, progress: ChatProgress, ended: ToldEnd): Told {
  if (ended.answer !== undefined) return tellAnswer(telling, progress, ended.answer)
  return end(progress, [{ error: toEndError(ended.failure, telling.key) }])
}

function tellAnswer(telling: NamedTelling, progress: ChatProgress, answer: ToldAnswer): Told {
  const { state, sent } = progress
  const { content, refusal } = toFinalText(state, answer, telling)
  if (!content.startsWith(sent)) return tellChanged(telling, progress)
  const rest = toAdded(telling, { content: content.slice(sent.length), refusal })
  const ending = toEnding(telling, { finish: toChatFinish(state), usage: answer.usage })
  return end({ ...progress, sent: content }, [...rest, ...ending])
}

function toEnding(
  telling: NamedTelling,
  { finish, usage }: { readonly finish: ChatFinish; readonly usage: WireUsage },
): readonly ChatFrame[] {
  const spent = telling.includeUsage ? [toUsageChunk(telling, toSpent(telling, usage))] : []
  return [toChunk(telling, {}, finish), ...spent, '[DONE]']
}

function tellChanged({ key }: ChatTelling, progress: ChatProgress): Told {
  return end(progress, [toUntoldFrame('answer_changed', key)])
}

function end(progress: ChatProgress, frames: readonly ChatFrame[]): Told {
  return { progress: { ...progress, isOver: true }, frames }
}

function toAdded(telling: NamedTelling, { content, refusal }: ChatText): readonly ChatFrame[] {
  return [
    ...(content === '' ? [] : [toChunk(telling, { content })]),
    ...(refusal === undefined ? [] : [toChunk(telling, { refusal })]),
  ]
}

function toChunk(
  { head, includeUsage }: NamedTelling,
  delta: ChatCompletionChunk.Choice.Delta,
  finish: ChatFinish | null = null,
): ChatCompletionChunk {
  return {
    object: 'chat.completion.chunk',
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    // Present in each chunk once it is asked for, and null but in the last.
    ...(includeUsage && { usage: null }),
  }
}

function toUsageChunk({ head }: NamedTelling, usage: WireUsage): ChatCompletionChunk {
  return { object: 'chat.completion.chunk', ...head, choices: [], usage }
}
