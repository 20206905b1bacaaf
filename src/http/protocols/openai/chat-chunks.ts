import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { StoredEvent, TerminalEvent, WireUsage } from '../../../run/events.js'
import { emptyRun, fold, type RunState } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { type ChatFinish, type ChatHead, toChatFinish, toChatHead } from './chat-completion.js'
import { createUntoldError, toEndError, type Untold } from './chat-ends.js'
import { type ChatText, toFinalText, toTextSoFar } from './chat-text.js'
import type { OpenAiError } from './openai-errors.js'

/** How a run is told in chunks. */
export interface ChatTelling {
  readonly key: RunKey
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

/**
 * Tells the next events of a run. However they are cut, the frames' text is the same beginning of the run's answer, and an
 * answer that has become another one since ends with an error.
 * Source: OpenAI API reference, "The chat completion chunk object".
 */
export function tellChat(
  telling: ChatTelling,
  progress: ChatProgress,
  events: readonly StoredEvent[],
): { readonly progress: ChatProgress; readonly frames: readonly ChatFrame[] } {
  if (progress.isOver || events.length === 0) return { progress, frames: [] }
  const state = fold(events, progress.state)
  const head = progress.head ?? toChatHead(telling.key, events)
  const opening =
    progress.head === undefined ? [toChunk(telling, head, { role: 'assistant', content: '' })] : []
  const told = tellState(telling, { ...progress, state, head }, head)
  return { progress: { ...told.progress, state, head }, frames: [...opening, ...told.frames] }
}

/** The frame that ends what cannot be told any further. */
export function toUntoldFrame(why: Untold, key: RunKey): ChatFrame {
  return { error: createUntoldError(why, key) }
}

interface Told {
  readonly progress: ChatProgress
  readonly frames: readonly ChatFrame[]
}

function tellState(telling: ChatTelling, progress: ChatProgress, head: ChatHead): Told {
  const { state, sent } = progress
  const { outcome } = state
  if (outcome?.type === 'run.completed') return tellAnswer(telling, progress, head, outcome)
  if (outcome !== undefined) return end(progress, [{ error: toEndError(outcome, telling.key) }])
  const text = telling.holdsText ? sent : toTextSoFar(state)
  // A step that was begun again may yet come to what was sent.
  if (!text.startsWith(sent) && !sent.startsWith(text)) return tellChanged(telling, progress)
  const added = toAdded(telling, head, { content: text.slice(sent.length) })
  const told = { progress: { ...progress, sent: text.length > sent.length ? text : sent }, frames: added }
  if (state.parked !== 'approval') return told
  return end(told.progress, [...added, toUntoldFrame('approval_required', telling.key)])
}

function tellAnswer(
  telling: ChatTelling,
  progress: ChatProgress,
  head: ChatHead,
  outcome: Extract<TerminalEvent, { type: 'run.completed' }>,
): Told {
  const { state, sent } = progress
  const { content, refusal } = toFinalText(state, outcome)
  if (!content.startsWith(sent)) return tellChanged(telling, progress)
  const rest = toAdded(telling, head, { content: content.slice(sent.length), refusal })
  const last = toChunk(telling, head, {}, toChatFinish(state))
  const usage = telling.includeUsage ? [toUsageChunk(head, outcome.data.usage)] : []
  return end({ ...progress, sent: content }, [...rest, last, ...usage, '[DONE]'])
}

function tellChanged({ key }: ChatTelling, progress: ChatProgress): Told {
  return end(progress, [toUntoldFrame('answer_changed', key)])
}

function end(progress: ChatProgress, frames: readonly ChatFrame[]): Told {
  return { progress: { ...progress, isOver: true }, frames }
}

function toAdded(telling: ChatTelling, head: ChatHead, { content, refusal }: ChatText): readonly ChatFrame[] {
  return [
    ...(content === '' ? [] : [toChunk(telling, head, { content })]),
    ...(refusal === undefined ? [] : [toChunk(telling, head, { refusal })]),
  ]
}

function toChunk(
  { includeUsage }: ChatTelling,
  head: ChatHead,
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

function toUsageChunk(head: ChatHead, usage: WireUsage): ChatCompletionChunk {
  return { object: 'chat.completion.chunk', ...head, choices: [], usage }
}
