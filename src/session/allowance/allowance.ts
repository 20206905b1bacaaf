import { checkCount } from '../../core/check-count.js'
import { checkOptions, describeGiven, type OptionNames, refuse } from '../../core/check-options.js'

/** What each owner of sessions may have agents spend, all sessions together (docs/app.md, What an owner may spend). */
export interface AllowanceOptions {
  /** Tokens in each period: for everybody, or by owner, where `undefined` is as many as they like. */
  readonly tokens: number | ((owner: string) => number | undefined)
  /** How long a period lasts; ms. Periods are counted from 1970, UTC, so that those of a day begin at midnight. @default 86,400,000, a day */
  readonly everyMs?: number | undefined
}

/** A stretch of time for which there is an allowance; ms since 1970. */
export interface Period {
  readonly since: number
  readonly until: number
}

const dayMs = 86_400_000

const allowanceOptions: OptionNames<AllowanceOptions> = { tokens: true, everyMs: true }

/** Refuses an allowance that nobody could keep. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkAllowance(allowance: AllowanceOptions | undefined): void {
  if (allowance === undefined) return
  checkOptions('allowance of AgentFunctionApp', allowance, allowanceOptions)
  const { tokens, everyMs } = allowance
  if (typeof tokens !== 'function' && !isAmount(tokens))
    refuse(
      `tokens of allowance must be a number that is not negative, or a function, not ${describeGiven(tokens)}.`,
    )
  checkCount('everyMs of allowance', everyMs)
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}

/** The period that a moment lies in. */
export function toPeriod({ everyMs = dayMs }: AllowanceOptions, now: number): Period {
  const since = Math.floor(now / everyMs) * everyMs
  return { since, until: since + everyMs }
}

/** How many tokens an owner may spend in a period; `undefined` for any number. @throws {AgentError} `invalid_configuration` when the app says what is no number. */
export function toTokens({ tokens }: AllowanceOptions, owner: string): number | undefined {
  const allowed: unknown = typeof tokens === 'function' ? tokens(owner) : tokens
  if (allowed === undefined || isAmount(allowed)) return allowed
  return refuse(
    `tokens of allowance must give a number that is not negative, or undefined; it gave ${describeGiven(allowed)}.`,
  )
}
