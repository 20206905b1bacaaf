import { describeGiven, refuse } from './check-options.js'

/** Refuses an option that counts something, is given, and is no whole number of at least `least`. @throws {AgentError} `invalid_configuration` naming it. */
export function checkCount(option: string, value: number | undefined, least = 1): void {
  if (value === undefined) return
  if (Number.isInteger(value) && value >= least) return
  const given = typeof value === 'number' ? value : describeGiven(value)
  refuse(`${option} must be a whole number of at least ${least}, not ${given}.`)
}
