import { createApprovalElement, type Decide } from './approval-element.js'
import { createButton, createElement } from './elements.js'
import type { PartElement } from './part-element.js'
import { placeChildren } from './place-children.js'
import { isOpen, type NoticePart, type RunPart, type RunStatus, type RunView } from './run-view.js'
import { SaidElement } from './said-element.js'
import { createReasoningElement, createTextElement } from './text-element.js'
import { createToolElement } from './tool-element.js'
import { isRefused, type Turn, toMessage } from './turns.js'

export interface TurnElementOptions {
  readonly decide: Decide
  /** Shows the events of a turn's run. */
  readonly inspect: (key: string) => void
  /** Says a message in the place of a turn. */
  readonly sayAnew: (key: string, message: string) => void
  /** Whether what a turn's tools have done can be undone, as far as the page knows. */
  readonly canUndo: (turn: Turn) => boolean
  /** Has that undone. */
  readonly undo: (key: string) => void
}

/** A turn on the page: what the user said, what came of it, and how it ended. Only what has changed is drawn again. */
export class TurnElement {
  readonly node: HTMLElement
  readonly #options: TurnElementOptions
  readonly #said: SaidElement
  readonly #parts = createElement('div', { class: 'parts' })
  readonly #problem = createElement('p', { class: 'problem' })
  readonly #state = createElement('span', { class: 'state' })
  readonly #time = createElement('time')
  readonly #inspect: HTMLButtonElement
  readonly #undo: HTMLButtonElement
  #shown: readonly { readonly part: RunPart; readonly element: PartElement }[] = []
  #turn: Turn | undefined

  constructor(options: TurnElementOptions) {
    this.#options = options
    this.#inspect = createButton('Events', () => this.#turn && options.inspect(this.#turn.key), {
      class: 'quiet',
    })
    this.#undo = createButton('Undo', () => this.#turn && options.undo(this.#turn.key), {
      class: 'quiet',
      'aria-label': 'Undo what was done here',
    })
    this.#said = new SaidElement((message) => this.#turn && options.sayAnew(this.#turn.key, message))
    this.node = createElement(
      'article',
      { class: 'turn' },
      createElement('span', { class: 'unseen' }, 'You:'),
      this.#said.node,
      createElement('span', { class: 'unseen' }, 'Agent:'),
      this.#parts,
      this.#problem,
      createElement('footer', { class: 'meta' }, this.#state, this.#time, this.#inspect, this.#undo),
    )
  }

  /** Shows what the turn has become. */
  update(turn: Turn): void {
    this.#undo.hidden = !this.#options.canUndo(turn)
    if (turn.view === this.#turn?.view) return
    const { view } = turn
    this.#said.update(view.said, toMessage(turn))
    this.#showParts(view.parts)
    this.#problem.textContent = toProblemText(view)
    this.#problem.hidden = view.problem === undefined
    // What is busy is not read out before it has ended; what waits for a human must be.
    this.node.setAttribute('aria-busy', String(isOpen(view) && view.status !== 'waiting'))
    this.node.dataset.status = view.status
    this.#inspect.hidden = turn.run === undefined || view.status === 'sending' || isRefused(turn)
    this.#showMeta(turn)
    this.#turn = turn
  }

  #showParts(parts: readonly RunPart[]): void {
    const before = this.#shown
    this.#shown = parts.map((part, index) => {
      const known = before[index]
      if (known?.part === part) return known
      if (known !== undefined && isSamePart(known.part, part)) {
        known.element.update(part)
        return { part, element: known.element }
      }
      return { part, element: this.#createPart(part) }
    })
    placeChildren(
      this.#parts,
      this.#shown.map(({ element }) => element.node),
    )
  }

  #createPart(part: RunPart): PartElement {
    switch (part.kind) {
      case 'text':
        return createTextElement(part)
      case 'reasoning':
        return createReasoningElement(part)
      case 'tool':
        return createToolElement(part)
      case 'approval':
        return createApprovalElement(part, { decide: this.#options.decide })
      case 'notice':
        return createNoticeElement(part)
    }
  }

  #showMeta({ at, view }: Turn): void {
    const meta = toMeta(view)
    if (this.#state.textContent !== meta) this.#state.textContent = meta
    if (this.#time.dateTime === at) return
    this.#time.dateTime = at
    this.#time.title = at
    this.#time.textContent = toClockTime(at)
  }
}

function createNoticeElement({ text }: NoticePart): PartElement {
  return { node: createElement('p', { class: 'notice' }, text), update() {} }
}

function isSamePart(a: RunPart, b: RunPart): boolean {
  if (a.kind === 'tool') return b.kind === 'tool' && a.callId === b.callId
  if (a.kind === 'approval') return b.kind === 'approval' && a.approvalId === b.approvalId
  return a.kind === b.kind && 'step' in a && 'step' in b && a.step === b.step
}

function toProblemText({ status, problem }: RunView): string {
  if (problem === undefined) return ''
  return status === 'cancelled' ? `Stopped: ${problem}` : `It failed: ${problem}`
}

const statusTexts: Readonly<Record<RunStatus, string>> = {
  sending: 'Sending …',
  queued: 'Waits its turn …',
  running: 'Answering …',
  waiting: 'Waits for your approval',
  completed: '',
  failed: 'Failed',
  cancelled: 'Stopped',
}

/** How a turn stands, by which model it was answered, and what that took. */
function toMeta({ status, model, usage }: RunView): string {
  const tokens = usage === undefined || usage.total === 0 ? '' : `${usage.input} + ${usage.output} tokens`
  return [statusTexts[status], model ?? '', tokens].filter((text) => text !== '').join(' · ')
}

function toClockTime(at: string): string {
  const time = new Date(at)
  return Number.isNaN(time.getTime())
    ? ''
    : time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
}
