import { randomUUID } from 'node:crypto'
import { outlast } from '../../client/outage.js'
import { systemClock } from '../../core/clock.js'
import { AgentError, hasCode, toErrorMessage } from '../../core/errors.js'
import type { RunAddress, SessionAddress } from '../../core/session-paths.js'
import type { AppClient, Message, Verdict } from './app-client.js'
import { askVerdict } from './ask-verdict.js'
import { followRun } from './follow-run.js'
import type { Lines } from './lines.js'
import type { KnownEvent, OpenApproval } from './run-event.js'
import type { Screen } from './screen.js'
import { nothingShown, type Piece, showEvent } from './show-event.js'

/** How a message ended, as far as a chat has seen it. */
export type Ending =
  | { readonly kind: 'completed'; readonly response: string }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'cancelled'; readonly reason: string }
  /** Approvals that nobody here decides. */
  | { readonly kind: 'waiting'; readonly approvals: readonly OpenApproval[] }

export interface ConversationOptions {
  readonly client: AppClient
  readonly address: SessionAddress
  readonly screen: Screen
  /** Who decides approvals; nobody when absent. */
  readonly lines?: Lines | undefined
  /** Kinds of pieces that are not shown. */
  readonly hidden: ReadonlySet<Piece['kind']>
}

/** One conversation with an agent: sends messages one by one, and shows what becomes of them. */
export class Conversation {
  readonly #options: ConversationOptions
  #current: CurrentRun | undefined

  constructor(options: ConversationOptions) {
    this.#options = options
  }

  /** Sends a message and sees it to its end. @throws {AgentError} when that cannot be seen. */
  send(message: Message): Promise<Ending> {
    return this.#see(randomUUID(), message)
  }

  /** Sees a run to its end that was begun before. */
  resume(run: string): Promise<Ending> {
    return this.#see(run)
  }

  /** Has the app stop the run that is being seen; false when there is none, or it is being stopped already. */
  cancel(): boolean {
    if (this.#current === undefined || this.#current.isCancelled) return false
    const { address, accepted } = this.#current
    this.#current.isCancelled = true
    this.#notice('Cancelling …')
    // The run is not there before the app has accepted it. That the app is away is said once, by who follows the run.
    const silent = { clock: systemClock, onNotice: () => {} }
    accepted.then(() => outlast(silent, () => this.#options.client.cancelRun(address))).catch(() => {})
    return true
  }

  async #see(run: string, message?: Message): Promise<Ending> {
    const address = { ...this.#options.address, run }
    const current = createCurrentRun(address, message === undefined)
    this.#current = current
    try {
      return await this.#follow(current, message)
    } finally {
      this.#current = undefined
      this.#options.screen.endLine()
    }
  }

  async #follow(current: CurrentRun, message: Message | undefined): Promise<Ending> {
    const { client } = this.#options
    const { address, accept } = current
    const outage = { clock: systemClock, onNotice: (line: string) => this.#notice(line) }
    const events = followRun({ ...outage, client, address, message, onAccepted: accept })
    let shown = nothingShown
    for await (const event of events) {
      const next = showEvent(shown, event)
      shown = next.shown
      for (const piece of next.pieces) this.#show(piece)
      const ending = toEnding(event) ?? (await this.#decideIfParked(current, event))
      if (ending !== undefined) return ending
    }
    throw new AgentError('internal', 'The events of the run ended before the run.')
  }

  async #decideIfParked(current: CurrentRun, event: KnownEvent): Promise<Ending | undefined> {
    if (event.type !== 'run.parked' || current.isCancelled) return undefined
    const { lines, screen } = this.#options
    const found = await this.#readApprovals(current)
    const open = found.filter(({ approvalId }) => !current.decided.has(approvalId))
    for (const approval of open) {
      const verdict = lines === undefined ? undefined : await askVerdict(lines, screen, approval)
      if (verdict === undefined || ('kind' in verdict && verdict.kind === 'end')) {
        return { kind: 'waiting', approvals: open.slice(open.indexOf(approval)) }
      }
      if ('kind' in verdict) {
        this.cancel()
        return undefined
      }
      current.decided.add(approval.approvalId)
      const isTaken = await this.#decide(approval, verdict)
      const ending = isTaken ? undefined : await this.#leaveToOthers(current, approval)
      if (ending !== undefined) return ending
    }
    return undefined
  }

  /** False when it is somebody else's to decide. */
  async #decide({ approvalId }: OpenApproval, verdict: Verdict): Promise<boolean> {
    const { client, address } = this.#options
    try {
      await this.#outlast(() => client.decide(address, approvalId, verdict))
      return true
    } catch (error) {
      const isOthers = hasCode(error, 'forbidden')
      if (!isOthers && !hasCode(error, 'approval_already_decided')) throw error
      this.#notice(toErrorMessage(error))
      return !isOthers
    }
  }

  /** Somebody at a terminal can wait for whoever may decide, or cancel. */
  async #leaveToOthers(current: CurrentRun, { approvalId }: OpenApproval): Promise<Ending | undefined> {
    if (this.#options.lines?.isTerminal) {
      this.#notice('The answer goes on when they have. Ctrl+C cancels it.')
      return undefined
    }
    const approvals = await this.#readApprovals(current)
    return approvals.some((open) => open.approvalId === approvalId)
      ? { kind: 'waiting', approvals }
      : undefined
  }

  #readApprovals({ address }: CurrentRun): Promise<readonly OpenApproval[]> {
    return this.#outlast(() => this.#options.client.readApprovals(address))
  }

  #outlast<T>(ask: () => Promise<T>): Promise<T> {
    return outlast({ clock: systemClock, onNotice: (line) => this.#notice(line) }, ask)
  }

  #show({ kind, text }: Piece): void {
    const { screen, hidden } = this.#options
    if (hidden.has(kind)) return
    if (kind === 'answer') screen.answer(text)
    else screen.notice(text)
  }

  #notice(line: string): void {
    this.#options.screen.notice(line)
  }
}

interface CurrentRun {
  readonly address: RunAddress
  /** Resolves when the app has the run's message. */
  readonly accepted: Promise<void>
  /** Says that it has. */
  readonly accept: () => void
  /** Approvals that were answered here: their events may still be on the way. */
  readonly decided: Set<string>
  isCancelled: boolean
}

function createCurrentRun(address: RunAddress, isAccepted: boolean): CurrentRun {
  let accept = () => {}
  const accepted = new Promise<void>((resolve) => {
    accept = resolve
  })
  if (isAccepted) accept()
  return { address, accepted, accept, decided: new Set(), isCancelled: false }
}

function toEnding(event: KnownEvent): Ending | undefined {
  switch (event.type) {
    case 'run.completed':
      return { kind: 'completed', response: event.data.response }
    case 'run.failed':
      return { kind: 'failed', detail: event.data.detail }
    case 'run.cancelled':
      return { kind: 'cancelled', reason: event.data.reason }
    default:
      return undefined
  }
}
