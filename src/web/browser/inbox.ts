import type { JsonObject } from '../../core/json.js'
import type { SessionAddress } from '../../core/session-paths.js'
import { toPlainLine } from '../../core/to-plain-text.js'
import type { AppClient } from './app-client.js'
import { createApprovalElement } from './approval-element.js'
import { createElement } from './elements.js'
import type { Outage } from './outage.js'
import { passFocus } from './pass-focus.js'
import { placeChildren } from './place-children.js'
import { readApproval } from './read-approval.js'
import { readNumber, readObjects, readText, readTexts } from './read-fields.js'
import { toAge } from './session-item.js'

/** Who has decided so many sees the next ones. */
const mostShown = 100

export interface InboxOptions {
  readonly client: Pick<AppClient, 'readApprovals' | 'decide'>
  /** Waits for the app. */
  readonly outage: Outage
  /** Says how many wait, and opens the list of them. */
  readonly waiting: HTMLButtonElement
  readonly inbox: HTMLDialogElement
  readonly approvals: HTMLElement
  readonly closeInbox: HTMLButtonElement
  readonly onProblem: (error: unknown) => void
}

/** The tool calls of all conversations, also of others', that wait for whoever sees the page. */
export class Inbox {
  readonly #options: InboxOptions
  #lines: ReadonlyMap<string, JsonObject> = new Map()
  readonly #decided = new Set<string>()
  /** What is shown; nothing while the list is closed. */
  #nodes = new Map<string, HTMLElement>()
  #reading = new AbortController()

  constructor(options: InboxOptions) {
    this.#options = options
    const { waiting, inbox, closeInbox } = options
    waiting.addEventListener('click', () => {
      inbox.showModal()
      closeInbox.focus()
      this.#draw()
      void this.refresh()
    })
    closeInbox.addEventListener('click', () => inbox.close())
    inbox.addEventListener('close', () => {
      this.#draw()
      void this.refresh()
    })
  }

  /** Looks for what has come to wait; what has been decided goes. Only the last look counts. */
  async refresh(): Promise<void> {
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    try {
      const lines = await this.#read(signal)
      if (signal.aborted) return
      this.#lines = new Map(lines.map((line) => [toId(line), line]))
      this.#draw()
    } catch (error) {
      if (!signal.aborted) this.#options.onProblem(error)
    }
  }

  async #read(signal: AbortSignal): Promise<readonly JsonObject[]> {
    const { client, outage } = this.#options
    const lines: JsonObject[] = []
    let after = 0
    do {
      const page = await outage.outlast(() => {
        signal.throwIfAborted()
        return client.readApprovals(after)
      })
      lines.push(...readObjects(page, 'approvals'))
      after = readNumber(page, 'next_after')
    } while (after > 0 && lines.length < mostShown)
    return lines.slice(0, mostShown)
  }

  /** What is shown already stays as it is: somebody may be editing it. */
  #draw(): void {
    const { inbox, approvals, closeInbox } = this.#options
    const lines = inbox.open ? [...this.#lines] : []
    const nodes = new Map(lines.map(([id, line]) => [id, this.#nodes.get(id) ?? this.#createItem(id, line)]))
    for (const [id, node] of this.#nodes) if (!nodes.has(id)) passFocus(node, closeInbox)
    this.#nodes = nodes
    placeChildren(approvals, [...nodes.values()])
    this.#count()
  }

  #createItem(id: string, line: JsonObject): HTMLElement {
    const part = readApproval(line)
    const address = toAddress(line)
    const element = createApprovalElement(part, {
      rights: readTexts(line, 'decisions'),
      decide: async (approvalId, verdict) => {
        await this.#options.client.decide(address, approvalId, verdict)
        this.#decided.add(id)
        element.update({ ...part, decision: verdict.decision, reason: verdict.reason })
        this.#count()
      },
    })
    const where = `${address.agent} · ${address.session} · ${toAge(readText(line, 'requestedAt'))}`
    const label = createElement('p', { class: 'label' }, toPlainLine(where))
    return createElement('li', {}, label, element.node)
  }

  #count(): void {
    const { waiting } = this.#options
    const count = [...this.#lines.keys()].filter((id) => !this.#decided.has(id)).length
    waiting.textContent = `${count}${count === mostShown ? '+' : ''} to decide`
    waiting.hidden = count === 0
  }
}

function toAddress(line: JsonObject): SessionAddress {
  return { agent: readText(line, 'agent'), session: readText(line, 'sessionId') }
}

function toId(line: JsonObject): string {
  const { agent, session } = toAddress(line)
  return JSON.stringify([agent, session, readText(line, 'approvalId')])
}
