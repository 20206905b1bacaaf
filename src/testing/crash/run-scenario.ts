import { isAsking, toOpenApprovals } from '../../run/waiting.js'
import type { StoredState } from '../../session/state/stored-state.js'
import type { Disturbance } from '../engine/disturbance.js'
import type { AcceptedRun, Observations } from '../engine/observations.js'
import { TestEngine } from '../engine/test-engine.js'
import { readAsking } from '../run-news.js'
import { ScriptedModel } from '../scripted-model.js'
import { TestSession } from '../test-session.js'
import { checkScenario, type RunWithEvents, toAllAgents, toSessionName } from './check-scenario.js'
import type { CrashOptions, Scenario, ScenarioOutcome } from './scenario.js'

/** One run of a scenario, and everything that was wrong with it. */
export interface ScenarioRun extends ScenarioOutcome {
  readonly observations: Observations
  /** The states of all sessions, by agent and session. */
  readonly states: ReadonlyMap<string, StoredState | undefined>
  readonly violations: readonly string[]
}

/** Runs a scenario once, with what is to go wrong, and looks at what came of it. */
export async function runScenario(
  scenario: Scenario,
  options: CrashOptions,
  disturbances: readonly Disturbance[],
): Promise<ScenarioRun> {
  const engine = await TestEngine.open({ ...options, agents: scenario.agent, disturbances })
  try {
    const isUndisturbed = disturbances.length === 0
    refuseCallCount(engine)
    const failure = await playOut(engine, scenario, options)
    const runs = await readRuns(engine)
    const violations = [...failure, ...engine.observations.violations]
    if (failure.length === 0) violations.push(...(await checkScenario(engine, runs, isUndisturbed)))
    const outcome = toOutcome(engine, runs, isUndisturbed)
    if (violations.length === 0) violations.push(...(await runCheck(scenario, outcome)))
    return { ...outcome, violations }
  } finally {
    await engine.log.close()
  }
}

function refuseCallCount({ agents }: TestEngine): void {
  for (const { client, name } of agents.flatMap(toAllAgents)) {
    if (!(client instanceof ScriptedModel && client.goesByCallCount)) continue
    throw new Error(
      `The model of agent "${name}" goes by the number of its calls, but calls are repeated after a crash: wrap its steps in conversation([...]).`,
    )
  }
}

/** Plays the scenario, waits for all that it causes, and has every entity commit what there is. */
async function playOut(
  engine: TestEngine,
  scenario: Scenario,
  { unknownOutcome = 'approve' }: CrashOptions,
): Promise<readonly string[]> {
  const [agent] = engine.agents
  const session = (id: string, name = agent?.name ?? '') =>
    new TestSession(engine, { agent: name, session: id })
  try {
    engine.onIdle = () => decideUnknown(engine, unknownOutcome)
    await engine.run(
      () => scenario.play(session('session-1'), { clock: engine.clock, session }),
      () => isSettled(engine),
    )
    engine.calm()
    for (const run of whole(engine)) engine.catchUp(run)
    await engine.run(
      async () => {},
      async () => true,
    )
    await engine.finish()
    return []
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}

/** The human who is asked about calls whose outcome nobody knows; true when there was something to decide. */
async function decideUnknown(engine: TestEngine, decision: 'approve' | 'reject'): Promise<boolean> {
  for (const run of whole(engine)) {
    const state = await readAsking(engine.log, run)
    if (!isAsking(state)) continue
    const unknown = toOpenApprovals(state).find(({ reason }) => reason === 'unknown_outcome')
    if (unknown === undefined) continue
    const session = new TestSession(engine, { agent: run.agent, session: run.session })
    engine.act(() => session.decide(run.run, unknown.approvalId, decision))
    return true
  }
  return false
}

/** Whether every accepted run has ended, or waits for a human or its caller, or stands behind one that does. */
async function isSettled(engine: TestEngine): Promise<boolean> {
  const waiting = new Set<string>()
  for (const run of whole(engine)) {
    const state = await readAsking(engine.log, run)
    if (state.next === 0 && run.mayBeGone) continue
    if (state.outcome !== undefined) continue
    if (isAsking(state)) waiting.add(toSessionName(run))
    else if (!waiting.has(toSessionName(run))) return false
  }
  return true
}

async function readRuns({ log, observations }: TestEngine): Promise<readonly RunWithEvents[]> {
  return Promise.all(observations.runs.map(async (run) => ({ run, events: await log.read(run) })))
}

function toOutcome(
  engine: TestEngine,
  runs: readonly RunWithEvents[],
  isUndisturbed: boolean,
): Omit<ScenarioRun, 'violations'> {
  const { observations } = engine
  const states = new Map(runs.map(({ run }) => [toSessionName(run), engine.readState(run)]))
  return {
    isUndisturbed,
    observations,
    states,
    state: [...states.values()][0],
    events: new Map(runs.map(({ run, events }) => [run.run, events])),
    executions: observations.executions,
    modelCalls: observations.modelCalls.length,
  }
}

/** The runs that somebody waits for. */
function whole({ observations }: TestEngine): readonly AcceptedRun[] {
  return observations.runs.filter(({ isPart }) => !isPart)
}

async function runCheck({ check }: Scenario, outcome: ScenarioOutcome): Promise<readonly string[]> {
  try {
    await check?.(outcome)
    return []
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}
