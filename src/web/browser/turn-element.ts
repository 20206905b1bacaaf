import { createApprovalElement, type Decide } from './approval-element.js'
import { createButton, createElement } from './elements.js'
import type { PartElement } from './part-element.js'
import { isOpen, type NoticePart, type RunPart, type RunStatus, type RunView } from './run-view.js'
import { createReasoningElement, createTextElement } from './text-element.js'
import { createToolElement } from './tool-element.js'
import type { Turn } from './turns.js'

export interface TurnElementOptions {
  readonly decide: Decide
  /** Shows the events of a turn's run. */
  readonly inspect: (key: string) => void
}

/** A turn on the page: what the user said, what came of it, and how it ended. Only what has changed is drawn again. */
export class TurnElement {
  readonly node: HTMLElement
  readonly #options: TurnElementOptions
  readonly #said = createElement('div', { class: 'said', dir: 'auto' })
  readonly #parts = createElement('div', { class: 'parts' })
  readonly #problem = createElement('p', { class: 'problem' })
  readonly #meta = createElement('footer', { class: 'meta' })
  #shown: readonly { readonly part: RunPart; readonly element: PartElement }[] = []
  #turn: Turn | undefined

  constructor(options: TurnElementOptions) {
    this.#options = options
    const children = [this.#said, this.#parts, this.#problem, this.#meta]
    this.node = createElement('article', { class: 'turn' }, ...children)
  }

  /** Shows what the turn has become. */
  update(turn: Turn): void {
    if (turn.view === this.#turn?.view) return
    const { view } = turn
    if (view.said !== this.#turn?.view.said) this.#said.textContent = view.said
    this.#showParts(view.parts)
    this.#problem.textContent = toProblemText(view)
    this.#problem.hidden = view.problem === undefined
    this.node.setAttribute('aria-busy', String(isOpen(view)))
    this.node.dataset.status = view.status
    if (this.#turn === undefined || toMeta(view) !== toMeta(this.#turn.view)) this.#showMeta(turn)
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
    const nodes = this.#shown.map(({ element }) => element.node)
    nodes.forEach((node, index) => {
      const place = this.#parts.children[index] ?? null
      if (place !== node) this.#parts.insertBefore(node, place)
    })
    while (this.#parts.children.length > nodes.length) this.#parts.lastElementChild?.remove()
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
        return createApprovalElement(part, this.#options.decide)
      case 'notice':
        return createNoticeElement(part)
    }
  }

  #showMeta({ key, run, at, view }: Turn): void {
    const time = createElement('time', { datetime: at, title: at }, toClockTime(at))
    const inspect = createButton('Events', () => this.#options.inspect(key), { class: 'quiet' })
    this.#meta.replaceChildren(
      createElement('span', { class: 'state' }, toMeta(view)),
      time,
      ...(run === undefined || view.status === 'sending' ? [] : [inspect]),
    )
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
