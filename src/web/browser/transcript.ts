import { createElement } from './elements.js'
import { passFocus } from './pass-focus.js'
import { placeChildren } from './place-children.js'
import { isOpen } from './run-view.js'
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

/** The turns of a conversation. Whoever reads at its end is taken along; whoever has scrolled up, or writes in it, stays there. */
export class Transcript {
  readonly #options: TranscriptOptions
  #turns = new Map<string, TurnElement>()
  readonly #greeting = createGreeting()
  #wasAtEnd = true

  constructor(options: TranscriptOptions) {
    this.#options = options
    const { scroller, older, toEnd, readOlder } = options
    older.addEventListener('click', () => void readOlder())
    toEnd.addEventListener('click', () => this.scrollToEnd())
    scroller.addEventListener('scroll', () => this.#showWay())
    // It shrinks when a phone's keyboard comes up, and when a message of many lines is written.
    new ResizeObserver(() => this.#keepPlace()).observe(scroller)
  }

  /** Shows turns, oldest first. */
  show(turns: readonly Turn[], hasOlder: boolean): void {
    const { scroller, list, older } = this.#options
    const isFollowed = this.#isAtEnd() && !this.#isWrittenIn()
    const isPrepended = turns.length > 0 && !this.#turns.has(turns[0]?.key ?? '') && this.#turns.size > 0
    const below = scroller.scrollHeight - scroller.scrollTop
    if (!hasOlder) passFocus(older, scroller)
    older.hidden = !hasOlder
    // What was said long ago is not read out.
    const isRead = turns.some(
      (turn) => !isOpen(turn.view) && turn.records === undefined && !this.#turns.has(turn.key),
    )
    const before = this.#turns
    this.#turns = new Map(turns.map((turn) => [turn.key, before.get(turn.key) ?? this.#createTurn()]))
    for (const [key, { node }] of before) if (!this.#turns.has(key)) passFocus(node, scroller)
    for (const turn of turns) this.#turns.get(turn.key)?.update(turn)
    const nodes = turns.length === 0 ? [this.#greeting] : [...this.#turns.values()].map(({ node }) => node)
    list.setAttribute('aria-live', isRead ? 'off' : 'polite')
    placeChildren(list, nodes)
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
    const { toEnd, scroller } = this.#options
    this.#wasAtEnd = this.#isAtEnd()
    if (this.#wasAtEnd) passFocus(toEnd, scroller)
    toEnd.hidden = this.#wasAtEnd
  }

  #keepPlace(): void {
    if (this.#wasAtEnd && !this.#isWrittenIn()) this.scrollToEnd()
    this.#showWay()
  }

  #isWrittenIn(): boolean {
    const { activeElement } = document
    return this.#options.list.contains(activeElement) && activeElement instanceof HTMLTextAreaElement
  }
}

function createGreeting(): HTMLElement {
  const text = 'Say something. Whatever happens to this page, or to the server, the answer will come.'
  return createElement('p', { class: 'greeting' }, text)
}
