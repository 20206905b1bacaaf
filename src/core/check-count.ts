import { describeGiven } from './check-options.js'
import { AgentError } from './errors.js'

/** Refuses an option that counts something, is given, and is no whole number of at least `least`. @throws {AgentError} `invalid_configuration` naming it. */
export function checkCount(option: string, value: number | undefined, least = 1): void {
  if (value === undefined) return
  if (Number.isInteger(value) && value >= least) return
  throw new AgentError(
    'invalid_configuration',
    `${option} must be a whole number of at least ${least}, not ${typeof value === 'number' ? value : describeGiven(value)}.`,
  )
}
