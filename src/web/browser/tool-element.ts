import type { JsonValue } from '../../core/json.js'
import { toPlainLine } from '../../core/to-plain-text.js'
import { createElement } from './elements.js'
import { toJsonLine, toShownJson } from './json-text.js'
import type { PartElement } from './part-element.js'
import type { ToolPart } from './run-view.js'

/** Most characters of a call's arguments that its one line shows. */
const longestLine = 80

/** A tool call: one line, and below it, when it is opened, its arguments and what it gave. */
export function createToolElement(part: ToolPart): PartElement<ToolPart> {
  const summary = createElement('summary')
  const body = createElement('div', { class: 'card-body' })
  const node = createElement('details', { class: 'card tool' }, summary, body)
  const update = (next: ToolPart) => {
    node.dataset.state = next.state
    summary.replaceChildren(...toLine(next))
    body.replaceChildren(...toSections(next))
  }
  update(part)
  return { node, update }
}

function toLine(part: ToolPart): readonly Node[] {
  const line = toJsonLine(part.arguments, longestLine)
  return [
    createElement('span', { class: 'tool-name' }, toPlainLine(part.name)),
    createElement('span', { class: 'tool-line' }, line),
    createElement('span', { class: 'tool-state' }, toStateText(part)),
  ]
}

function toStateText({ state, attempt, durationMs }: ToolPart): string {
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  switch (state) {
    case 'called':
      return 'called'
    case 'running':
      return `running${again} …`
    case 'pending':
      return 'waits for its result'
    case 'done':
      return durationMs === undefined ? 'done' : `done in ${durationMs} ms${again}`
    case 'failed':
      return `failed${again}`
  }
}

function toSections({ arguments: args, progress, result, error, state }: ToolPart): readonly Node[] {
  const isOver = state === 'done' || state === 'failed'
  return [
    ...toSection('Arguments', args),
    ...toSection('Progress', isOver ? undefined : progress),
    ...toSection('Result', result),
    ...toSection('Error', error),
  ]
}

function toSection(title: string, value: JsonValue | undefined): readonly Node[] {
  if (value === undefined) return []
  const text = createElement('pre', { class: 'code' }, toShownJson(value))
  return [createElement('div', { class: 'label' }, title), text]
}
