import { createElement, createLink } from './elements.js'
import type { PartElement } from './part-element.js'
import type { TextPart } from './run-view.js'
import { type Block, type Span, toBlocks, toSpans } from './text-blocks.js'

/** What a model says. While it grows, only its last block is drawn again. */
export function createTextElement(part: TextPart): PartElement<TextPart> {
  const node = createElement('div', { class: 'answer', dir: 'auto' })
  const element = { node, update: (next: TextPart) => drawBlocks(node, toBlocks(next.text)) }
  element.update(part)
  return element
}

/** What a model thinks: folded, as it is no part of the answer. */
export function createReasoningElement(part: TextPart): PartElement<TextPart> {
  const text = createElement('div', { class: 'answer', dir: 'auto' })
  const node = createElement('details', { class: 'card' }, createElement('summary', {}, 'Reasoning'), text)
  const element = { node, update: (next: TextPart) => drawBlocks(text, toBlocks(next.text)) }
  element.update(part)
  return element
}

/** The blocks that each element shows. */
const drawn = new WeakMap<HTMLElement, readonly Block[]>()

function drawBlocks(parent: HTMLElement, blocks: readonly Block[]): void {
  const before = drawn.get(parent) ?? []
  drawn.set(parent, blocks)
  blocks.forEach((block, index) => {
    const known = before[index]
    if (known?.kind === block.kind && known.text === block.text) return
    const child = createBlock(block)
    const old = parent.children[index]
    if (old === undefined) parent.append(child)
    else old.replaceWith(child)
  })
  while (parent.children.length > blocks.length) parent.lastElementChild?.remove()
}

function createBlock({ kind, text }: Block): HTMLElement {
  if (kind === 'code') return createElement('pre', { class: 'code' }, createElement('code', {}, text))
  return createElement('p', {}, ...toSpans(text).map(createSpan))
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
