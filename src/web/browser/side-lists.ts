import type { AppClient } from './app-client.js'
import { BalanceLine } from './balance-line.js'
import { Inbox } from './inbox.js'
import type { Outages } from './outages.js'
import type { Place } from './place.js'
import type { ProblemLine } from './problem-line.js'
import { SessionList } from './session-list.js'
import type { Skeleton } from './skeleton.js'
import type { Surface } from './surface.js'

export interface SideListsOptions {
  readonly skeleton: Skeleton
  readonly client: AppClient
  readonly outages: Outages
  readonly problem: ProblemLine
  /** What the app has, as far as it is known. */
  readonly readSurface: () => Surface
}

/** What stands beside the conversation: the agent's sessions, what waits for whoever sees the page, and what they may spend. */
export class SideLists {
  readonly #options: SideListsOptions
  readonly #sessions: SessionList
  readonly #inbox: Inbox
  readonly #balance: BalanceLine

  constructor(options: SideListsOptions) {
    this.#options = options
    const { skeleton, client, outages, problem, readSurface } = options
    const onProblem = (error: unknown) => problem.show(error)
    this.#sessions = new SessionList({
      client,
      outage: outages.create('sessions'),
      list: skeleton.sessions,
      more: skeleton.moreSessions,
      onProblem,
    })
    this.#inbox = new Inbox({
      ...skeleton,
      client,
      outage: outages.create('inbox'),
      hasWorkflows: () => readSurface().hasWorkflows,
      onProblem,
    })
    this.#balance = new BalanceLine({ ...skeleton, client, outage: outages.create('balance'), onProblem })
  }

  /** Shows the sessions of another agent, or which one is open. */
  async showSessions({ agent, session }: Place): Promise<void> {
    await this.#sessions.show(agent, session)
  }

  /** Reads again what runs change. */
  async refresh(place: Place): Promise<void> {
    if (this.#options.readSurface().hasAllowance) void this.#balance.refreshAfterRun()
    await Promise.all([this.#sessions.show(place.agent, place.session), this.#inbox.refreshApprovals()])
  }

  /** Looks for what workflows ask. */
  refreshQuestions(): Promise<void> {
    return this.#inbox.refreshQuestions()
  }

  /** Looks for what waits, and for what may be spent, which others change. */
  async lookAround(): Promise<void> {
    const { hasAllowance } = this.#options.readSurface()
    await Promise.all([this.#inbox.refresh(), ...(hasAllowance ? [this.#balance.refresh()] : [])])
  }
}
