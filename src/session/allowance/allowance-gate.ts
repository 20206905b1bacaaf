import type { DurableClient } from 'durable-functions'
import { type Clock, toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { askTaskHub } from '../client/ask-task-hub.js'
import { type Account, toAccountId } from './account.js'
import { type AllowanceOptions, toPeriod, toTokens } from './allowance.js'

/** Lets nobody begin anything who has spent what they may. */
export class AllowanceGate {
  readonly #durable: DurableClient
  readonly #allowance: AllowanceOptions
  readonly #clock: Clock

  constructor(durable: DurableClient, allowance: AllowanceOptions, clock: Clock) {
    this.#durable = durable
    this.#allowance = allowance
    this.#clock = clock
  }

  /**
   * Passes for those who have something left, and for what was begun before: `isKnown` is asked about the others.
   * @throws {AgentError} `budget_exhausted`, with when there is more.
   */
  async pass(owner: string, isKnown: () => Promise<boolean>): Promise<void> {
    const allowed = toTokens(this.#allowance, owner)
    if (allowed === undefined) return
    const now = this.#clock.now()
    const { since, until } = toPeriod(this.#allowance, now)
    const spent = await this.#readSpent(owner, since)
    if (spent < allowed || (await isKnown())) return
    throw new AgentError(
      'budget_exhausted',
      `${spent} of ${allowed} tokens are spent that you may spend until ${toTimestamp(until)}.`,
      { retryAfterMs: until - now },
    )
  }

  async #readSpent(owner: string, since: number): Promise<number> {
    const { entityState } = await askTaskHub(() => this.#durable.readEntityState<Account>(toAccountId(owner)))
    return entityState?.since === since ? entityState.tokens : 0
  }
}
