import { checkCount } from '../../core/check-count.js'
import { checkChoice, checkOptions, type OptionNames, refuse } from '../../core/check-options.js'
import { checkAllowance } from '../../session/allowance/allowance.js'
import type { CrashOptions, Scenario } from './scenario.js'

const scenarioParts: OptionNames<Scenario> = { agent: true, play: true, check: true }

const crashOptions: OptionNames<CrashOptions> = {
  log: true,
  isSameState: true,
  unknownOutcome: true,
  pairs: true,
  shuffles: true,
  sample: true,
  seed: true,
  functionTimeoutMs: true,
  maxEntityOperationBatchSize: true,
  realWaitMs: true,
  entity: true,
  sessionTtlMs: true,
  runRetentionMs: true,
  allowance: true,
}

/**
 * Refuses what would make a test pass because nothing is tried: a misspelt `check` is never called, and of `sample: 0`
 * nothing is left. @throws {AgentError} `invalid_configuration` naming what is wrong.
 */
export function checkCrashOptions(scenario: Scenario, options: CrashOptions): void {
  checkOptions('A scenario', scenario, scenarioParts)
  checkOptions('crashEverywhere', options, crashOptions)
  const { agent, play, check } = scenario
  if (typeof agent !== 'function')
    refuse('The agent of a scenario must be a function that makes it: each process has one of its own.')
  if (typeof play !== 'function') refuse('A scenario needs a function play, in which users do something.')
  if (check !== undefined && typeof check !== 'function') refuse('check of a scenario must be a function.')
  const { pairs = 0, shuffles = 0, sample = 1, unknownOutcome = 'approve' } = options
  checkAllowance(options.allowance)
  checkCount('pairs', pairs, 0)
  checkCount('shuffles', shuffles, 0)
  checkChoice('unknownOutcome', unknownOutcome, ['approve', 'reject'])
  if (!(typeof sample === 'number' && sample > 0 && sample <= 1))
    refuse(`sample must be above 0, and 1 at most, not ${sample}.`)
}
