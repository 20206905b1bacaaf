import type { AgentDefinition } from '../../agent/agent-definition.js'
import { toErrorMessage } from '../../core/errors.js'
import { isTerminal, type StoredEvent } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import type { StoredState } from '../../session/stored-state.js'
import type { Disturbance } from '../engine/disturbance.js'
import type { AcceptedRun, Observations } from '../engine/observations.js'
import { TestEngine } from '../engine/test-engine.js'
import { readUndecided } from '../run-news.js'
import { ScriptedModel } from '../scripted-model.js'
import { TestSession } from '../test-session.js'
import { checkConversation, checkEffects, checkHistory, checkLog } from './invariants.js'
import type { CrashOptions, Scenario, ScenarioOutcome } from './scenario.js'

/** One run of a scenario, and everything that was wrong with it. */
export interface ScenarioRun extends ScenarioOutcome {
  readonly observations: Observations
  /** The states of all sessions, by agent and session. */
  readonly states: ReadonlyMap<string, StoredState | undefined>
  readonly violations: readonly string[]
}

interface RunWithEvents {
  readonly run: AcceptedRun
  readonly events: readonly StoredEvent[]
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
    if (failure.length === 0) violations.push(...(await checkAll(engine, runs, isUndisturbed)))
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
    const state = fold(await engine.log.read(run))
    if (state.parked !== 'approval') continue
    const undecided = await readUndecided(engine.log, run, state)
    const unknown = undecided.find(({ reason }) => reason === 'unknown_outcome')
    if (unknown === undefined) continue
    const session = new TestSession(engine, { agent: run.agent, session: run.session })
    engine.act(() => session.decide(run.run, unknown.approvalId, decision))
    return true
  }
  return false
}

/** Whether every accepted run has ended, or waits for a human, or stands behind one that does. */
async function isSettled(engine: TestEngine): Promise<boolean> {
  const waiting = new Set<string>()
  for (const run of whole(engine)) {
    const events = await engine.log.read(run)
    if (events.length === 0 && run.mayBeGone) continue
    const state = fold(events)
    if (state.outcome !== undefined) continue
    if (state.parked === 'approval' && (await readUndecided(engine.log, run, state)).length > 0)
      waiting.add(toSessionName(run))
    else if (!waiting.has(toSessionName(run))) return false
  }
  return true
}

async function readRuns({ log, observations }: TestEngine): Promise<readonly RunWithEvents[]> {
  return Promise.all(observations.runs.map(async (run) => ({ run, events: await log.read(run) })))
}

async function checkAll(
  engine: TestEngine,
  runs: readonly RunWithEvents[],
  isUndisturbed: boolean,
): Promise<readonly string[]> {
  const { observations, agents } = engine
  const wrong = runs.flatMap((run) => checkRun(run, engine))
  const sessions = new Map(runs.map(({ run }) => [toSessionName(run), run]))
  for (const key of sessions.values()) {
    const ended = runs.filter(
      ({ run, events }) => isIn(run, key) && !run.isPart && !run.mayBeGone && events.some(isTerminal),
    )
    const history = ended.map(({ run, events }) => ({ run: run.run, events }))
    wrong.push(...checkHistory(await engine.readHistory(key), history))
  }
  for (const { request, outcome } of observations.modelCalls) {
    wrong.push(
      ...checkConversation(request).map((what) => `the model was shown a conversation in which ${what}`),
    )
    if (outcome === 'unrecorded') wrong.push('an answer of the model was thrown away')
  }
  if (isUndisturbed) {
    wrong.push(...checkScripts(agents))
  }
  return wrong
}

/** A script whose steps are not all asked for is not about what happens. */
function checkScripts(agents: readonly AgentDefinition[]): readonly string[] {
  return agents.flatMap(toAllAgents).flatMap(({ client }) => {
    try {
      if (client instanceof ScriptedModel) client.assertDone()
      return []
    } catch (error) {
      return [toErrorMessage(error)]
    }
  })
}

function checkRun({ run, events }: RunWithEvents, { observations, agents }: TestEngine): readonly string[] {
  if (events.length === 0) return run.mayBeGone ? [] : [`${run.run} is gone`]
  const executions = observations.executions.filter(
    (one) => one.run === run.run && one.session === run.session,
  )
  const tools = agents.flatMap(toAllAgents).flatMap((agent) => agent.tools)
  const wrong = [
    ...checkLog(events),
    ...checkEffects(events, { executions, notDone: observations.notDone, tools }),
  ]
  return wrong.map((what) => `${run.run}: ${what}`)
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

/** An agent, and those among its tools. */
function toAllAgents(agent: AgentDefinition): readonly AgentDefinition[] {
  return [
    agent,
    ...agent.tools.flatMap(({ delegate }) => (delegate === undefined ? [] : toAllAgents(delegate.agent))),
  ]
}

async function runCheck({ check }: Scenario, outcome: ScenarioOutcome): Promise<readonly string[]> {
  try {
    await check?.(outcome)
    return []
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}

function toSessionName({ agent, session }: Omit<RunKey, 'run'>): string {
  return `@${agent}@${session}`
}

function isIn(run: RunKey, key: RunKey): boolean {
  return toSessionName(run) === toSessionName(key)
}
