import { createElement } from './elements.js'
import { toJsonLine, toShownJson } from './json-text.js'
import { passFocus } from './pass-focus.js'
import type { RunRecord } from './run-record.js'
import type { Turn } from './turns.js'

/** Most characters of an event's data that its one line shows. */
const longestLine = 120

export interface InspectorOptions {
  readonly inspector: HTMLElement
  readonly inspectorTitle: HTMLElement
  readonly events: HTMLElement
  readonly deltas: HTMLInputElement
  readonly closeInspector: HTMLButtonElement
  readonly onProblem: (error: unknown) => void
}

/** Reads the events of a run that has not been followed. */
export type ReadRecords = (run: string, signal: AbortSignal) => AsyncIterable<RunRecord>

/** The events of one run as its log holds them: place, type, time and data. */
export class Inspector {
  readonly #options: InspectorOptions
  /** Which turn's run is shown; `undefined` while it is closed. */
  #turn: string | undefined
  /** What opened it. */
  #opener: Element | null = null
  #shown = 0
  #reading = new AbortController()

  constructor(options: InspectorOptions) {
    this.#options = options
    const { inspector, events, deltas, closeInspector } = options
    const filter = () => events.classList.toggle('without-deltas', !deltas.checked)
    deltas.addEventListener('change', filter)
    filter()
    closeInspector.addEventListener('click', () => this.close())
    inspector.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.close()
    })
  }

  /** Opens for a turn's run. What was not followed is read now. */
  open({ key, run, records }: Turn, read: ReadRecords): void {
    if (run === undefined) return
    const { inspector, inspectorTitle, closeInspector } = this.#options
    this.close()
    this.#turn = key
    this.#opener = document.activeElement
    inspectorTitle.textContent = run
    inspector.hidden = false
    closeInspector.focus()
    if (records === undefined) void this.#read(read(run, this.#reading.signal), this.#reading.signal)
    else this.#show(records)
  }

  close(): void {
    this.#reading.abort()
    this.#reading = new AbortController()
    this.#turn = undefined
    this.#shown = 0
    const { inspector, events } = this.#options
    if (this.#opener instanceof HTMLElement) passFocus(inspector, this.#opener)
    events.replaceChildren()
    inspector.hidden = true
  }

  /** Shows what has come since, when the run is one of these turns and is being followed; closes when it is none of them any more. */
  update(turns: readonly Turn[]): void {
    const turn = turns.find(({ key }) => key === this.#turn)
    if (this.#turn !== undefined && turn === undefined) this.close()
    if (turn?.records !== undefined) this.#show(turn.records)
  }

  async #read(events: AsyncIterable<RunRecord>, signal: AbortSignal): Promise<void> {
    const records: RunRecord[] = []
    try {
      for await (const record of events) {
        records.push(record)
        this.#show(records)
      }
    } catch (error) {
      if (!signal.aborted) this.#options.onProblem(error)
    }
  }

  /** Events that are shown already stay as they are: they may have been unfolded. */
  #show(records: readonly RunRecord[]): void {
    if (records.length <= this.#shown) return
    this.#options.events.append(...records.slice(this.#shown).map(createItem))
    this.#shown = records.length
  }
}

function createItem({ id, type, at, data }: RunRecord): HTMLElement {
  const isDelta = type.endsWith('.delta') || type === 'tool.progress' || type === 'run.alive'
  const kind = isDelta ? 'delta' : 'record'
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
