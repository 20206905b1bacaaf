import { createElement } from './elements.js'
import { TurnElement, type TurnElementOptions } from './turn-element.js'
import type { Turn } from './turns.js'

/** How far from its end a reader may be and still be taken along; px. */
const endZone = 80

export interface TranscriptOptions extends TurnElementOptions {
  /** The element that scrolls. */
  readonly scroller: HTMLElement
  readonly list: HTMLElement
  readonly older: HTMLButtonElement
  /** Leads back to the end. */
  readonly toEnd: HTMLButtonElement
  readonly readOlder: () => Promise<void>
}

/** The turns of a conversation. Whoever reads at its end is taken along; whoever has scrolled up stays there. */
export class Transcript {
  readonly #options: TranscriptOptions
  #turns = new Map<string, TurnElement>()

  constructor(options: TranscriptOptions) {
    this.#options = options
    const { scroller, older, toEnd, readOlder } = options
    older.addEventListener('click', () => void readOlder())
    toEnd.addEventListener('click', () => this.scrollToEnd())
    scroller.addEventListener('scroll', () => this.#showWay())
  }

  /** Shows turns, oldest first. */
  show(turns: readonly Turn[], hasOlder: boolean): void {
    const { scroller, list, older } = this.#options
    const isFollowed = this.#isAtEnd()
    const isPrepended = turns.length > 0 && !this.#turns.has(turns[0]?.key ?? '') && this.#turns.size > 0
    const below = scroller.scrollHeight - scroller.scrollTop
    older.hidden = !hasOlder
    this.#turns = new Map(turns.map((turn) => [turn.key, this.#turns.get(turn.key) ?? this.#createTurn()]))
    for (const turn of turns) this.#turns.get(turn.key)?.update(turn)
    const nodes = [...this.#turns.values()].map(({ node }) => node)
    if (nodes.length === 0) list.replaceChildren(createGreeting())
    else placeChildren(list, nodes)
    if (isFollowed) this.scrollToEnd()
    else if (isPrepended) scroller.scrollTop = scroller.scrollHeight - below
    this.#showWay()
  }

  scrollToEnd(): void {
    const { scroller } = this.#options
    scroller.scrollTop = scroller.scrollHeight
  }

  #createTurn(): TurnElement {
    return new TurnElement(this.#options)
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#options.scroller
    return scrollHeight - scrollTop - clientHeight < endZone
  }

  #showWay(): void {
    this.#options.toEnd.hidden = this.#isAtEnd()
  }
}

function createGreeting(): HTMLElement {
  const text = 'Say something. Whatever happens to this page, or to the server, the answer will come.'
  return createElement('p', { class: 'greeting' }, text)
}

/** Makes these the children, moving only those that stand elsewhere. */
function placeChildren(parent: HTMLElement, nodes: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(nodes)
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove()
  nodes.forEach((node, index) => {
    const place = parent.children[index] ?? null
    if (place !== node) parent.insertBefore(node, place)
  })
}
