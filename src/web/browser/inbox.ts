import type { JsonObject } from '../../core/json.js'
import type { SessionAddress } from '../../core/session-paths.js'
import { toPlainLine } from '../../core/to-plain-text.js'
import type { AppClient } from './app-client.js'
import { createApprovalElement } from './approval-element.js'
import { createElement } from './elements.js'
import type { Outage } from './outage.js'
import { passFocus } from './pass-focus.js'
import { placeChildren } from './place-children.js'
import { createQuestionElement } from './question-element.js'
import { readApproval } from './read-approval.js'
import { readText, readTexts } from './read-fields.js'
import { isClosed } from './request-error.js'
import { toAge } from './session-item.js'
import { WaitingLines } from './waiting-lines.js'

export interface InboxOptions {
  readonly client: Pick<AppClient, 'readApprovals' | 'decide' | 'readQuestions' | 'answer'>
  /** Waits for the app. */
  readonly outage: Outage
  /** Whether the app has workflows, as far as the page knows: an app without any has no list of what they ask. */
  readonly hasWorkflows: () => boolean
  /** Says how many wait, and opens the list of them. */
  readonly waiting: HTMLButtonElement
  /** Says so too where that is folded away. */
  readonly menu: HTMLButtonElement
  readonly inbox: HTMLDialogElement
  readonly approvals: HTMLElement
  readonly closeInbox: HTMLButtonElement
  /** Has the focus when nothing waits any more. */
  readonly message: HTMLElement
  readonly onProblem: (error: unknown) => void
}

/** What waits for whoever sees the page: tool calls of all conversations, also of others', and questions of workflows. */
export class Inbox {
  readonly #options: InboxOptions
  readonly #approvals: WaitingLines
  readonly #questions: WaitingLines
  readonly #decided = new Set<string>()
  /** What is shown; nothing while the list is closed. */
  #nodes = new Map<string, HTMLElement>()

  constructor(options: InboxOptions) {
    this.#options = options
    const { client, outage, waiting, inbox, closeInbox, message } = options
    this.#approvals = new WaitingLines({
      outage,
      readPage: (after) => client.readApprovals(after),
      member: 'approvals',
      toId: toApprovalId,
    })
    this.#questions = new WaitingLines({
      outage,
      readPage: (after) => client.readQuestions(after),
      member: 'questions',
      toId: toQuestionId,
    })
    waiting.addEventListener('click', () => {
      inbox.showModal()
      closeInbox.focus()
      this.#draw()
      void this.refresh()
    })
    closeInbox.addEventListener('click', () => inbox.close())
    inbox.addEventListener('close', () => {
      // The focus goes back to what opened the list, unless that is hidden.
      if (waiting.hidden) message.focus()
      this.#draw()
      void this.refresh()
    })
  }

  /** Looks for what has come to wait; what has been decided goes. */
  async refresh(): Promise<void> {
    await Promise.all([this.refreshApprovals(), this.refreshQuestions()])
  }

  /** The same for tool calls alone, which are what runs come to wait for. */
  refreshApprovals(): Promise<void> {
    return this.#refreshLines(this.#approvals)
  }

  /** The same for questions alone, where there can be any. */
  async refreshQuestions(): Promise<void> {
    if (this.#options.hasWorkflows()) await this.#refreshLines(this.#questions)
  }

  async #refreshLines(lines: WaitingLines): Promise<void> {
    try {
      if (await lines.refresh()) this.#draw()
    } catch (error) {
      this.#options.onProblem(error)
    }
  }

  /** What is shown already stays as it is: somebody may be editing it. */
  #draw(): void {
    const { inbox, approvals, closeInbox } = this.#options
    const items = inbox.open
      ? [
          ...[...this.#approvals.lines].map(
            ([id, line]) => [id, () => this.#createApproval(id, line)] as const,
          ),
          ...[...this.#questions.lines].map(
            ([id, line]) => [id, () => this.#createQuestion(id, line)] as const,
          ),
        ]
      : []
    const nodes = new Map(items.map(([id, create]) => [id, this.#nodes.get(id) ?? create()]))
    for (const [id, node] of this.#nodes) if (!nodes.has(id)) passFocus(node, closeInbox)
    this.#nodes = nodes
    placeChildren(approvals, [...nodes.values()])
    this.#count()
  }

  #createApproval(id: string, line: JsonObject): HTMLElement {
    const part = readApproval(line)
    const address = toAddress(line)
    const element = createApprovalElement(part, {
      rights: readTexts(line, 'decisions'),
      decide: async (approvalId, verdict) => {
        await this.#settle(id, () => this.#options.client.decide(address, approvalId, verdict))
        element.update({ ...part, decision: verdict.decision, reason: verdict.reason })
      },
    })
    return createItem([address.agent, address.session, toAge(readText(line, 'requestedAt'))], element.node)
  }

  #createQuestion(id: string, line: JsonObject): HTMLElement {
    const place = {
      workflow: readText(line, 'workflow'),
      instanceId: readText(line, 'instanceId'),
      requestId: readText(line, 'requestId'),
    }
    const node = createQuestionElement(line, (value) =>
      this.#settle(id, () => this.#options.client.answer(place, value)),
    )
    const { workflow, instanceId } = place
    const asker = readText(line, 'sourceExecutor')
    return createItem([workflow, instanceId, asker, toAge(readText(line, 'openedAt'))], node)
  }

  /** Settles a line; one that others have settled waits no longer either. */
  async #settle(id: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
      this.#decided.add(id)
    } catch (error) {
      if (!isClosed(error)) throw error
      this.#decided.add(id)
      throw new Error('It is no longer open: it has been decided, or its time is over.')
    } finally {
      this.#count()
    }
  }

  #count(): void {
    const { waiting, menu, message } = this.#options
    const [approvals, questions] = [this.#approvals, this.#questions]
    const ids = [...approvals.lines.keys(), ...questions.lines.keys()]
    const count = ids.filter((id) => !this.#decided.has(id)).length
    const text = `${count}${approvals.isFull || questions.isFull ? '+' : ''} to decide`
    waiting.textContent = text
    if (count === 0) passFocus(waiting, message)
    waiting.hidden = count === 0
    menu.setAttribute('aria-label', count === 0 ? 'Conversations' : `Conversations, ${text}`)
    menu.classList.toggle('marked', count > 0)
  }
}

function createItem(where: readonly string[], node: HTMLElement): HTMLElement {
  const label = createElement('p', { class: 'label' }, toPlainLine(where.join(' · ')))
  return createElement('li', {}, label, node)
}

function toAddress(line: JsonObject): SessionAddress {
  return { agent: readText(line, 'agent'), session: readText(line, 'sessionId') }
}

function toApprovalId(line: JsonObject): string {
  const { agent, session } = toAddress(line)
  return JSON.stringify(['approval', agent, session, readText(line, 'approvalId')])
}

function toQuestionId(line: JsonObject): string {
  const names = ['workflow', 'instanceId', 'requestId'].map((name) => readText(line, name))
  return JSON.stringify(['question', ...names])
}
