import { type AgentDefinition, toStaticTools } from '../../agent/agent-definition.js'
import { toErrorMessage } from '../../core/errors.js'
import { isTerminal, type StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import type { AcceptedRun } from '../engine/observations.js'
import type { TestEngine } from '../engine/test-engine.js'
import { ScriptedModel } from '../scripted-model.js'
import { checkConversation, checkEffects, checkHistory, checkLog } from './invariants.js'

/** A run, and what its log holds. */
export interface RunWithEvents {
  readonly run: AcceptedRun
  readonly events: readonly StoredEvent[]
}

/** Everything that is wrong with what one run of a scenario left behind. */
export async function checkScenario(
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
    if (runs.length === 0) wrong.push('nobody was sent anything: there is nothing to disturb')
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
  const tools = [...agents.flatMap(toAllAgents).flatMap(toStaticTools), ...observations.foundTools]
  const wrong = [
    ...checkLog(events),
    ...checkEffects(events, { executions, notDone: observations.notDone, tools }),
  ]
  return wrong.map((what) => `${run.run}: ${what}`)
}

/** An agent, and those among its tools. */
export function toAllAgents(agent: AgentDefinition): readonly AgentDefinition[] {
  return [
    agent,
    ...toStaticTools(agent).flatMap(({ delegate }) =>
      delegate === undefined ? [] : toAllAgents(delegate.agent),
    ),
  ]
}

/** How a session is named in reports: `@agent@session`. */
export function toSessionName({ agent, session }: Omit<RunKey, 'run'>): string {
  return `@${agent}@${session}`
}

function isIn(run: RunKey, key: RunKey): boolean {
  return toSessionName(run) === toSessionName(key)
}
