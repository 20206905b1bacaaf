import type { JsonObject, JsonValue } from '../../core/json.js'
import { toPlainLine, toPlainText } from '../../core/to-plain-text.js'
import { type AnswerField, readAnswer, toAnswerForm, toChoiceText } from './answer-form.js'
import { createButton, createElement } from './elements.js'
import { toJsonLine, toShownJson } from './json-text.js'
import { passFocus } from './pass-focus.js'
import { readObject, readOptionalText, readText } from './read-fields.js'
import { toErrorText } from './request-error.js'
import { toLocalTime } from './to-local-time.js'

/** Most characters of an answer that its one line shows. */
const longestLine = 200

/** A question of a workflow: what is asked, a form of what its schema wants, and the buttons that send it; a line when it is answered. */
export function createQuestionElement(
  question: JsonObject,
  answer: (value: JsonValue) => Promise<void>,
): HTMLElement {
  const asker = toPlainLine(`${readText(question, 'workflow')}, ${readText(question, 'sourceExecutor')}`)
  const node = createElement('section', {
    class: 'approval',
    'aria-label': `Question of ${asker}`,
    tabindex: '-1',
  })
  const schema = readObject(question, 'responseSchema')
  const { fields, ending } = toAnswerForm(schema)
  const inputs = new Map(fields.map((field) => [field, createInput(field)]))
  const problem = createElement('p', { class: 'problem', role: 'alert' })
  const settle = async (chosen?: JsonValue) => {
    problem.textContent = ''
    const pressed = document.activeElement
    try {
      const texts = new Map([...inputs].map(([field, { value }]) => [field, value] as const))
      if (ending !== undefined) texts.set(ending, JSON.stringify(chosen))
      const value = readAnswer(ending === undefined ? fields : [...fields, ending], texts)
      // The buttons go; the section stays, and says what became of it.
      passFocus(buttons, node)
      setDisabled(true)
      await answer(value)
      passFocus(node, node)
      node.classList.add('decided')
      node.replaceChildren(createElement('p', {}, `Answered: ${toJsonLine(value, longestLine)}`))
    } catch (error) {
      problem.textContent = toPlainText(toErrorText(error))
      setDisabled(false)
      if (pressed instanceof HTMLElement && document.activeElement === node) pressed.focus()
    }
  }
  const all =
    ending === undefined
      ? [createButton('Answer', () => void settle(), { class: 'primary' })]
      : ending.choices.map((choice) => createButton(toChoiceText(choice), () => void settle(choice)))
  const setDisabled = (isDisabled: boolean) => {
    for (const button of all) button.disabled = isDisabled
  }
  const buttons = createElement('div', { class: 'buttons' }, ...all)
  if (ending?.name !== undefined) {
    buttons.setAttribute('role', 'group')
    buttons.setAttribute('aria-label', ending.label)
    buttons.prepend(createElement('span', { class: 'choice' }, ending.label))
  }
  node.append(
    ...toQuestion(question),
    ...fields.map((field) => createLabel(field, inputs.get(field))),
    ...(fields.some(({ kind }) => kind === 'json') ? [createSchemaNote(schema)] : []),
    buttons,
    problem,
  )
  return node
}

function toQuestion(question: JsonObject): readonly Node[] {
  const asked = question.requestData
  const expiresAt = readOptionalText(question, 'expiresAt')
  const expiry = `It can be answered until ${toLocalTime(expiresAt)}.`
  return [
    typeof asked === 'string'
      ? createElement('p', { class: 'asked', dir: 'auto' }, toPlainText(asked))
      : createElement('pre', { class: 'code' }, toShownJson(asked)),
    ...(expiresAt === undefined ? [] : [createElement('p', {}, expiry)]),
  ]
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

function createInput({ kind, choices }: AnswerField): Input {
  if (kind === 'choice') {
    const options = choices.map((choice) =>
      createElement('option', { value: JSON.stringify(choice) }, toChoiceText(choice)),
    )
    return createElement('select', {}, createElement('option', { value: '' }, 'Choose …'), ...options)
  }
  if (kind === 'number') return createElement('input', { type: 'text', inputmode: 'decimal' })
  if (kind === 'text') return createElement('textarea', { rows: '2', dir: 'auto' })
  return createElement('textarea', { class: 'code', rows: '4', spellcheck: 'false' })
}

function createLabel({ label, kind, isRequired }: AnswerField, input: Input | undefined): HTMLElement {
  const more = [
    ...(kind === 'json' ? ['as JSON'] : kind === 'any' ? ['text or JSON'] : []),
    ...(isRequired ? [] : ['may be empty']),
  ]
  const text = more.length === 0 ? label : `${label} (${more.join(', ')})`
  return createElement('label', { class: 'field' }, text, ...(input === undefined ? [] : [input]))
}

/** Who writes JSON has to see what it is to be. */
function createSchemaNote(schema: JsonObject): HTMLElement {
  const summary = createElement('summary', {}, 'What an answer looks like (JSON Schema)')
  return createElement('details', {}, summary, createElement('pre', { class: 'code' }, toShownJson(schema)))
}
