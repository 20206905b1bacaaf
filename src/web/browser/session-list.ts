import type { AppClient } from './app-client.js'
import type { Outage } from './outage.js'
import { passFocus } from './pass-focus.js'
import { placeChildren } from './place-children.js'
import { readObjects, readOptionalText, readText } from './read-fields.js'
import { SessionItem } from './session-item.js'

/** How many sessions are shown at first, and how many more with each "More". */
const pageSize = 30

/** An app tells of no more at once; whoever has more finds the others by their addresses. */
const mostSessions = 1000

export interface SessionListOptions {
  readonly client: Pick<AppClient, 'readAgent'>
  /** Waits for the app. */
  readonly outage: Outage
  readonly list: HTMLElement
  readonly more: HTMLButtonElement
  readonly onProblem: (error: unknown) => void
}

interface ListedSession {
  readonly session: string
  /** ISO 8601, UTC. */
  readonly updatedAt: string
}

/** An agent's sessions, newest first. */
export class SessionList {
  readonly #options: SessionListOptions
  #agent = ''
  #current: string | undefined
  #limit = pageSize
  #sessions: readonly ListedSession[] = []
  #items = new Map<string, SessionItem>()
  #hasMore = false
  #reading = new AbortController()

  constructor(options: SessionListOptions) {
    this.#options = options
    options.more.addEventListener('click', () => {
      this.#limit = Math.min(this.#limit + pageSize, mostSessions)
      void this.#read()
    })
  }

  /** Shows an agent's sessions, and which of them is open. */
  async show(agent: string, current: string | undefined): Promise<void> {
    if (agent !== this.#agent) {
      this.#sessions = []
      this.#limit = pageSize
      this.#hasMore = false
    }
    this.#agent = agent
    this.#current = current
    this.#draw()
    await this.#read()
  }

  /** Only what was asked for last is shown: an earlier answer may come later. */
  async #read(): Promise<void> {
    const { client, outage, onProblem } = this.#options
    const [agent, limit] = [this.#agent, this.#limit]
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    try {
      const page = await outage.outlast(() => {
        signal.throwIfAborted()
        return client.readAgent(agent, limit)
      })
      if (signal.aborted) return
      this.#sessions = readObjects(page, 'sessions').map((one) => ({
        session: readText(one, 'sessionId'),
        updatedAt: readText(one, 'updatedAt'),
      }))
      this.#hasMore = readOptionalText(page, 'next_before') !== undefined && limit < mostSessions
      this.#draw()
    } catch (error) {
      if (!signal.aborted) onProblem(error)
    }
  }

  #draw(): void {
    const { list, more } = this.#options
    this.#items = new Map(this.#sessions.map((one) => [one.session, this.#bringUp(one)]))
    const items = [...this.#items.values()]
    placeChildren(
      list,
      items.map(({ node }) => node),
    )
    const last = items.at(-1)
    if (!this.#hasMore && last !== undefined) passFocus(more, last.link)
    more.hidden = !this.#hasMore
  }

  #bringUp({ session, updatedAt }: ListedSession): SessionItem {
    const item = this.#items.get(session) ?? new SessionItem({ agent: this.#agent, session })
    item.update({ updatedAt, isCurrent: session === this.#current })
    return item
  }
}
