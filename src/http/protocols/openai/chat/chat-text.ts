import { toRefusal, toText } from '../../../../core/messages.js'
import type { RunState } from '../../../../run/fold.js'
import type { ToldAnswer } from '../told-end.js'

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

/** What a run has said that waits for its caller; nothing where the answer has to fit a schema, and so stands alone. */
export function toTextBeforeCalls(state: RunState, told: number): string {
  return isTyped(state) ? '' : toTextSoFar(state, told)
}

/**
 * What a finished run has said: the same, the last step in the words of the run's own answer. An answer that had to fit a
 * schema stands alone, as nobody could parse it beside other texts.
 */
export function toFinalText(
  state: RunState,
  { response }: Pick<ToldAnswer, 'response'>,
  told: number,
): ChatText {
  const before = isTyped(state) ? [] : toStepTexts(state, told).slice(0, -1)
  if (toRefusal(state.steps.at(-1)?.message) === response)
    return { content: joinTexts(before), refusal: response }
  return { content: joinTexts([...before, response]) }
}

function isTyped({ request }: RunState): boolean {
  return request?.options.responseSchema !== undefined
}

function toStepTexts({ steps }: RunState, told: number): readonly string[] {
  return steps.slice(told).map(({ message }) => toText(message.contents))
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== '').join('\n\n')
}
