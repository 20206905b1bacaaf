import { type EntityContext, type EntityHandler, EntityId } from 'durable-functions'
import { type Clock, systemClock } from '../../core/clock.js'
import { toHexId } from '../../core/hex-id.js'
import { type AllowanceOptions, toPeriod } from './allowance.js'

/** The entity that holds what owners have spent, one of them each. */
export const accountEntity = 'dafx-_account'

/** What an owner has spent in one period: the newest in which there was anything. */
export interface Account {
  /** When the period began; ms since 1970. */
  readonly since: number
  readonly tokens: number
  /** The runs counted last: a signal may come twice. */
  readonly runs: readonly string[]
}

/** What a run has spent. */
export interface Charge {
  /** A name that no other run of the app has. */
  readonly run: string
  readonly tokens: number
}

/** A signal comes a second time when its sender could not commit, so soon after; no owner has so many runs end meanwhile. */
const rememberedRuns = 100

/** The account of an owner, who may be called anything. */
export function toAccountId(owner: string): EntityId {
  return new EntityId(accountEntity, toHexId(owner))
}

/** Counts a run, once. */
export function charge(account: Account | undefined, since: number, { run, tokens }: Charge): Account {
  if (account?.since !== since) return { since, tokens, runs: [run] }
  if (account.runs.includes(run)) return account
  return { since, tokens: account.tokens + tokens, runs: [...account.runs, run].slice(-rememberedRuns) }
}

/** Makes the entity that keeps the accounts. */
export function createAccountEntity(
  allowance: AllowanceOptions,
  clock: Clock = systemClock,
): EntityHandler<Account> {
  return function account({ df }: EntityContext<Account>): void {
    const made = df.getInput<Charge>()
    if (df.operationName?.toLowerCase() !== 'charge' || made === undefined) return
    const { since } = toPeriod(allowance, clock.now())
    df.setState(charge(df.getState() ?? undefined, since, made))
  }
}
