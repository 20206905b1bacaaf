import { toRefusal, toText } from '../../../../core/messages.js'
import type { RunState } from '../../../../run/fold.js'
import type { ToldAnswer } from '../told-end.js'
import type { ChatStart } from './chat-start.js'

/** What the one answer of a chat completion says. */
export interface ChatText {
  readonly content: string
  /** The words of a model that would not answer. */
  readonly refusal?: string | undefined
}

/**
 * What a run has said so far, after the steps that were told before: the texts of its steps, also of those that called tools,
 * with a blank line between them. Unless a step is begun again, it only grows.
 */
export function toTextSoFar(state: RunState, told: number): string {
  const { partial = '', steps } = state
  return steps.length < told ? '' : joinTexts([...toStepTexts(state, told), partial])
}

/** From where on a run is told, and how. */
export interface TextPlace {
  readonly start: Pick<ChatStart, 'steps'>
  /** Whether the answer has to fit a schema, and so stands alone: nobody could parse it beside other texts. */
  readonly isTyped: boolean
}

/** What a run has said that waits for its caller. */
export function toTextBeforeCalls(state: RunState, { start, isTyped }: TextPlace): string {
  return isTyped ? '' : toTextSoFar(state, start.steps)
}

/** What a finished run has said: the same, the last step in the words of the run's own answer. */
export function toFinalText(
  state: RunState,
  { response }: Pick<ToldAnswer, 'response'>,
  { start, isTyped }: TextPlace,
): ChatText {
  const before = isTyped ? [] : toStepTexts(state, start.steps).slice(0, -1)
  if (toRefusal(state.steps.at(-1)?.message) === response)
    return { content: joinTexts(before), refusal: response }
  return { content: joinTexts([...before, response]) }
}

function toStepTexts({ steps }: RunState, told: number): readonly string[] {
  return steps.slice(told).map(({ message }) => toText(message.contents))
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== '').join('\n\n')
}
