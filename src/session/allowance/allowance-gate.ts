import type { DurableClient } from 'durable-functions'
import { type Clock, toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { askTaskHub } from '../client/ask-task-hub.js'
import { type Account, toAccountId } from './account.js'
import { type AllowanceOptions, toPeriod, toTokens } from './allowance.js'

/** What an owner has spent in the period that goes on now. */
export interface Balance {
  /** What they may. */
  readonly tokens: number
  readonly spent: number
  /** When the period ends; ms since 1970. */
  readonly until: number
}

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
  async pass(owner: string | undefined, isKnown: () => Promise<boolean>): Promise<void> {
    const balance = await this.read(owner)
    if (balance === undefined || balance.spent < balance.tokens || (await isKnown())) return
    const { tokens, spent, until } = balance
    throw new AgentError(
      'budget_exhausted',
      `You have spent ${spent} of ${tokens} tokens; there are more from ${toTimestamp(until)} on.`,
      { retryAfterMs: Math.max(0, until - this.#clock.now()) },
    )
  }

  /** `undefined` for those who may spend as much as they like, and for nobody in particular. */
  async read(owner: string | undefined): Promise<Balance | undefined> {
    if (owner === undefined) return undefined
    const tokens = toTokens(this.#allowance, owner)
    if (tokens === undefined) return undefined
    const { since, until } = toPeriod(this.#allowance, this.#clock.now())
    const { entityState } = await askTaskHub(() => this.#durable.readEntityState<Account>(toAccountId(owner)))
    return { tokens, spent: entityState?.since === since ? entityState.tokens : 0, until }
  }
}
