import { AnswerText } from './answer-text.js'
import { createElement } from './elements.js'
import type { PartElement } from './part-element.js'
import type { TextPart } from './run-view.js'

/** What a model says. */
export function createTextElement(part: TextPart): PartElement<TextPart> {
  const answer = new AnswerText()
  return { node: answer.node, update: show(answer, part) }
}

/** What a model thinks: folded, as it is no part of the answer. */
export function createReasoningElement(part: TextPart): PartElement<TextPart> {
  const answer = new AnswerText()
  const node = createElement(
    'details',
    { class: 'card' },
    createElement('summary', {}, 'Reasoning'),
    answer.node,
  )
  return { node, update: show(answer, part) }
}

/** Shows a text, and gives what shows what becomes of it. */
function show(answer: AnswerText, part: TextPart): (next: TextPart) => void {
  const update = ({ text }: TextPart) => answer.show(text)
  update(part)
  return update
}
