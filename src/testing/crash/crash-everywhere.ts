import { type Disturbance, describeDisturbance } from '../engine/disturbance.js'
import { checkCrashOptions } from './check-crash-options.js'
import { isSameState, withoutTimes } from './invariants.js'
import { planRuns } from './plan.js'
import { runScenario, type ScenarioRun } from './run-scenario.js'
import type { CrashOptions, CrashReport, Scenario } from './scenario.js'

/**
 * Runs a scenario undisturbed, and then again and again while something goes wrong: a crash at each boundary, right before
 * it and right after it; stores that fail; a process that stands still while others take over; messages that come twice,
 * late or never; everything in random order. After each run: every accepted message is answered or waits for a human, no
 * recorded step was repeated, each effect happened once or as its tool allows, streams had no gaps, the model was never
 * shown a call without its result, and the state is that of the undisturbed run. Nothing really waits: hours pass at once.
 *
 * @example
 * await crashEverywhere({
 *   agent: () => new Agent({ name: 'Refunds', client: new ScriptedModel(conversation(steps)), tools: [refund] }),
 *   async play(session) {
 *     await session.send('Refund order 7')
 *     await session.approve()
 *   },
 * })
 * @throws {AgentError} `invalid_configuration` when nothing would be tried, naming why.
 * @throws {Error} at the first run in which something is wrong: what went wrong where, what is wrong, and the event logs.
 */
export async function crashEverywhere(scenario: Scenario, options: CrashOptions = {}): Promise<CrashReport> {
  checkCrashOptions(scenario, options)
  const undisturbed = await runScenario(scenario, options, [])
  refuse(undisturbed, 'the undisturbed run', undisturbed.violations)
  const { boundaries, messages } = undisturbed.observations
  const plan = planRuns(boundaries, messages, options)
  const seed = options.seed === undefined ? '' : ` (seed ${options.seed})`
  for (const disturbances of plan) {
    const run = await runScenario(scenario, options, disturbances)
    const wrong = [...run.violations]
    if (wrong.length === 0 && options.isSameState !== false) wrong.push(...compareStates(undisturbed, run))
    refuse(run, `${describeAll(disturbances, undisturbed)}${seed}`, wrong)
  }
  return { crashPoints: boundaries.length, runs: plan.length + 1 }
}

function describeAll(disturbances: readonly Disturbance[], { observations }: ScenarioRun): string {
  const nameOf = (number: number) => {
    const boundary = observations.boundaries[number]
    return boundary === undefined ? undefined : `${boundary.actor}: ${boundary.name}`
  }
  return disturbances.map((disturbance) => describeDisturbance(disturbance, nameOf)).join(' and ')
}

function compareStates(undisturbed: ScenarioRun, run: ScenarioRun): readonly string[] {
  return [...undisturbed.states].flatMap(([name, expected]) => {
    const actual = run.states.get(name)
    if (isSameState(expected, actual)) return []
    const [was, is] = [expected, actual].map((state) => JSON.stringify(withoutTimes(state), undefined, 1))
    return [`the state of ${name} differs.\nUndisturbed: ${was}\nNow: ${is}`]
  })
}

function refuse(run: ScenarioRun, where: string, violations: readonly string[]): void {
  if (violations.length === 0) return
  const logs = [...run.events].map(([name, events]) => {
    const lines = events.map((event, id) => `  ${id} ${event.type} ${JSON.stringify(event.data)}`)
    return [`Log of ${name}:`, ...lines].join('\n')
  })
  const crossed = run.observations.boundaries.map(
    ({ actor, name }, number) => `  ${number} ${actor}: ${name}`,
  )
  const errors = run.observations.errors.map((error) => `Reported: ${error}`)
  throw new Error(
    [
      `With ${where}:`,
      ...violations.map((what) => `- ${what}`),
      ...logs,
      ...errors,
      'Boundaries:',
      ...crossed,
    ].join('\n'),
  )
}
