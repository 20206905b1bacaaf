/** Security: no attribute that could hold code is among these; addresses go through {@link createLink}. */
type AttributeName =
  | 'aria-busy'
  | 'aria-current'
  | 'aria-label'
  | 'class'
  | 'data-kind'
  | 'datetime'
  | 'dir'
  | 'for'
  | 'id'
  | 'inputmode'
  | 'name'
  | 'placeholder'
  | 'role'
  | 'rows'
  | 'spellcheck'
  | 'tabindex'
  | 'title'
  | 'type'
  | 'value'
  | 'autocomplete'

type Attributes = Readonly<Partial<Record<AttributeName, string>>>

/**
 * An element with its attributes and what is in it.
 * Security: texts become text nodes, whatever is in them; the page makes no HTML of any text.
 */
export function createElement<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** A button and what it does. */
export function createButton(
  text: string,
  onClick: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const button = createElement('button', { type: 'button', ...attributes }, text)
  button.addEventListener('click', onClick)
  return button
}

/**
 * A link to another site, opened beside the page.
 * Security: only http and https; the other side learns nothing of the page, and cannot reach it.
 */
export function createLink(href: string, text: string): HTMLElement {
  if (!/^https?:\/\//i.test(href)) return createElement('span', {}, text)
  const link = createElement('a', { title: href }, text)
  link.href = href
  link.rel = 'noopener noreferrer nofollow'
  link.target = '_blank'
  return link
}

/** An element of the page's skeleton. @throws {Error} when it is not there. */
export function findElement<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id)
  if (element instanceof type) return element
  throw new Error(`The page has no ${type.name} "${id}".`)
}
