import { toText } from '../../../core/messages.js'
import type { TerminalEvent } from '../../../run/events.js'
import type { RunState } from '../../../run/fold.js'

/** What the one answer of a chat completion says. */
export interface ChatText {
  readonly content: string
  /** The words of a model that would not answer. */
  readonly refusal?: string | undefined
}

/**
 * What a run has said so far: the texts of its steps, also of those that called tools, with a blank line between them.
 * Unless a step is begun again, it only grows.
 */
export function toTextSoFar(state: RunState): string {
  const { partial = '' } = state
  return joinTexts([...toStepTexts(state), partial])
}

/**
 * What a finished run has said: the same, the last step in the words of the run's own answer. An answer that had to fit a
 * schema stands alone, as nobody could parse it beside other texts.
 */
export function toFinalText(
  state: RunState,
  { data }: Extract<TerminalEvent, { type: 'run.completed' }>,
): ChatText {
  const isTyped = state.request?.options.responseSchema !== undefined
  const before = isTyped ? [] : toStepTexts(state).slice(0, -1)
  if (isRefused(state, data.response)) return { content: joinTexts(before), refusal: data.response }
  return { content: joinTexts([...before, data.response]) }
}

function toStepTexts({ steps }: RunState): readonly string[] {
  return steps.map(({ message }) => toText(message.contents))
}

function isRefused({ steps }: RunState, response: string): boolean {
  const contents = steps.at(-1)?.message.contents ?? []
  return (
    toText(contents) === '' && contents.some((part) => part.type === 'error' && part.message === response)
  )
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== '').join('\n\n')
}
