import type { AppClient } from './app-client.js'
import { createElement } from './elements.js'
import { toHash } from './place.js'
import { readObjects, readOptionalText, readText } from './read-fields.js'

/** How many sessions are shown at first, and with each "More". */
const pageSize = 30

export interface SessionListOptions {
  readonly client: AppClient
  readonly list: HTMLElement
  readonly more: HTMLButtonElement
  readonly onProblem: (error: unknown) => void
}

interface ListedSession {
  readonly session: string
  /** ISO 8601, UTC. */
  readonly updatedAt: string
}

/** An agent's sessions, newest first, page by page. */
export class SessionList {
  readonly #options: SessionListOptions
  #agent = ''
  #current: string | undefined
  #sessions: readonly ListedSession[] = []
  #nextBefore: string | undefined

  constructor(options: SessionListOptions) {
    this.#options = options
    options.more.addEventListener('click', () => void this.#read(this.#nextBefore))
  }

  /** Shows an agent's sessions, and which of them is open. */
  async show(agent: string, current: string | undefined): Promise<void> {
    if (agent !== this.#agent) {
      this.#sessions = []
      this.#nextBefore = undefined
    }
    this.#agent = agent
    this.#current = current
    this.#draw()
    await this.#read(undefined)
  }

  async #read(before: string | undefined): Promise<void> {
    const agent = this.#agent
    try {
      // What was shown with "More" stays.
      const limit =
        before === undefined ? Math.min(Math.max(this.#sessions.length, pageSize), 1000) : pageSize
      const page = await this.#options.client.readAgent(agent, { limit, before })
      if (agent !== this.#agent) return
      const sessions = readObjects(page, 'sessions').map((one) => ({
        session: readText(one, 'sessionId'),
        updatedAt: readText(one, 'updatedAt'),
      }))
      this.#sessions = before === undefined ? sessions : [...this.#sessions, ...sessions]
      this.#nextBefore = readOptionalText(page, 'next_before')
      this.#draw()
    } catch (error) {
      this.#options.onProblem(error)
    }
  }

  #draw(): void {
    const { list, more } = this.#options
    list.replaceChildren(...this.#sessions.map((one) => this.#createItem(one)))
    more.hidden = this.#nextBefore === undefined
  }

  #createItem({ session, updatedAt }: ListedSession): HTMLElement {
    const name = createElement('span', { class: 'session-name', dir: 'auto' }, session)
    const time = createElement('time', { datetime: updatedAt, title: updatedAt }, toAge(updatedAt))
    const link = createElement('a', session === this.#current ? { 'aria-current': 'page' } : {}, name, time)
    link.href = toHash({ agent: this.#agent, session })
    return createElement('li', {}, link)
  }
}

/** How long ago a time is, in one word. */
function toAge(time: string): string {
  const minutes = Math.floor((Date.now() - new Date(time).getTime()) / 60_000)
  if (Number.isNaN(minutes)) return ''
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / 60 / 24)} d`
}
