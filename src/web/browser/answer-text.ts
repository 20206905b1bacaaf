import { createElement, createLink } from './elements.js'
import { type PiecePlace, type TextPiece, toPieces } from './text-pieces.js'
import { type Span, toSpans } from './text-spans.js'

/** A piece on the page, without its text: as a part of the whole it would keep in memory what the whole was then. */
interface DrawnPiece {
  readonly from: PiecePlace
  readonly node: HTMLElement
  /** The element of its block, in which its node stands. */
  readonly block: HTMLElement
}

/**
 * What a model says, on the page. While it grows only its last piece is drawn again: a word costs no more at the end of a
 * long answer than at its beginning.
 */
export class AnswerText {
  readonly node = createElement('div', { class: 'answer', dir: 'auto' })
  #text = ''
  readonly #drawn: DrawnPiece[] = []

  /** Shows what the text has become. */
  show(text: string): void {
    const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
    const last = this.#drawn.at(-1)
    // Engines compare two texts many times faster than they look for one in another.
    const isLonger = last !== undefined && lines.slice(0, last.from.at) === this.#text.slice(0, last.from.at)
    this.#text = lines
    if (isLonger) this.#undrawLast()
    else while (this.#drawn.length > 0) this.#undrawLast()
    for (const piece of toPieces(lines, isLonger ? last.from : undefined)) this.#draw(piece)
  }

  #draw(piece: TextPiece): void {
    const before = this.#drawn.at(-1)?.block
    const block = piece.from.isFirst || before === undefined ? createBlock(piece) : before
    const node = createPiece(piece)
    block.append(node)
    if (block !== before) this.node.append(block)
    this.#drawn.push({ from: piece.from, node, block })
  }

  #undrawLast(): void {
    const last = this.#drawn.pop()
    if (last?.from.isFirst) last.block.remove()
    else last?.node.remove()
  }
}

function createBlock({ kind }: TextPiece): HTMLElement {
  return kind === 'code' ? createElement('pre', { class: 'code' }) : createElement('p')
}

function createPiece({ kind, text }: TextPiece): HTMLElement {
  if (kind === 'code') return createElement('code', {}, text)
  return createElement('span', {}, ...toSpans(text).map(createSpan))
}

function createSpan(span: Span): Node | string {
  switch (span.kind) {
    case 'plain':
      return span.text
    case 'code':
    case 'strong':
      return createElement(span.kind, {}, span.text)
    case 'link':
      return createLink(span.href, span.text)
  }
}
