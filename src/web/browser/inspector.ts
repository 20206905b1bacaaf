import { createElement } from './elements.js'
import { toJsonLine, toShownJson } from './json-text.js'
import type { RunRecord } from './run-record.js'

/** Most characters of an event's data that its one line shows. */
const longestLine = 120

export interface InspectorOptions {
  readonly panel: HTMLElement
  readonly title: HTMLElement
  readonly list: HTMLElement
  readonly deltas: HTMLInputElement
  readonly close: HTMLButtonElement
  readonly onClose: () => void
}

/** The events of one run as its log holds them: place, type, time and data. */
export class Inspector {
  readonly #options: InspectorOptions
  #shown = 0
  /** Which turn's run is shown; `undefined` while it is closed. */
  turn: string | undefined

  constructor(options: InspectorOptions) {
    this.#options = options
    const { list, deltas, close } = options
    const filter = () => list.classList.toggle('without-deltas', !deltas.checked)
    deltas.addEventListener('change', filter)
    filter()
    close.addEventListener('click', () => this.close())
  }

  /** Opens for a run, without events. */
  open(turn: string, run: string): void {
    const { panel, title, list } = this.#options
    this.turn = turn
    this.#shown = 0
    title.textContent = run
    list.replaceChildren()
    panel.hidden = false
  }

  close(): void {
    this.turn = undefined
    this.#options.panel.hidden = true
    this.#options.onClose()
  }

  /** Shows all events there are so far; those that are shown already stay as they are. */
  show(records: readonly RunRecord[]): void {
    if (records.length < this.#shown) this.#options.list.replaceChildren()
    const from = records.length < this.#shown ? 0 : this.#shown
    this.#options.list.append(...records.slice(from).map(createItem))
    this.#shown = records.length
  }
}

function createItem({ id, type, at, data }: RunRecord): HTMLElement {
  const kind = type.endsWith('.delta') || type === 'tool.progress' ? 'delta' : 'record'
  const summary = createElement(
    'summary',
    {},
    createElement('span', { class: 'event-id' }, String(id)),
    createElement('span', { class: 'event-type' }, type),
    createElement('time', { datetime: at, title: at }, toClockTime(at)),
    createElement('span', { class: 'event-line' }, toJsonLine(data, longestLine)),
  )
  const body = createElement('pre', { class: 'code' })
  const details = createElement('details', {}, summary, body)
  details.addEventListener('toggle', () => {
    body.textContent = toShownJson(data)
  })
  return createElement('li', { 'data-kind': kind }, details)
}

function toClockTime(at: string): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return ''
  return `${time.toLocaleTimeString([], { hourCycle: 'h23' })}.${String(time.getMilliseconds()).padStart(3, '0')}`
}
