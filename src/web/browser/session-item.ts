import { createElement } from './elements.js'
import { type Place, toHash } from './place.js'

/** What of a session the list shows. */
export interface SessionLine {
  /** ISO 8601, UTC. */
  readonly updatedAt: string
  /** Whether it is the one that is open. */
  readonly isCurrent: boolean
}

/** A session in the list: a link to it. */
export class SessionItem {
  readonly link: HTMLAnchorElement
  readonly node: HTMLElement
  readonly #time = createElement('time')

  constructor(place: Place) {
    const name = createElement('span', { class: 'session-name', dir: 'auto' }, place.session ?? '')
    this.link = createElement('a', {}, name, this.#time)
    this.link.href = toHash(place)
    this.node = createElement('li', {}, this.link)
  }

  /** Shows how the session stands. */
  update({ updatedAt, isCurrent }: SessionLine): void {
    this.#time.dateTime = updatedAt
    this.#time.title = updatedAt
    this.#time.textContent = toAge(updatedAt)
    if (isCurrent) this.link.setAttribute('aria-current', 'page')
    else this.link.removeAttribute('aria-current')
  }
}

/** How long ago a time is, in one word. */
export function toAge(time: string): string {
  const minutes = Math.floor((Date.now() - new Date(time).getTime()) / 60_000)
  if (Number.isNaN(minutes)) return ''
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / 60 / 24)} d`
}
