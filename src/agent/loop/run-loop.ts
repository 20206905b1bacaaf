import { AgentError, hasCode } from '../../core/errors.js'
import { toProblem } from '../../core/problem.js'
import { withTelemetry } from '../../model/with-telemetry.js'
import { type Action, decide, toTokenLimit } from '../../run/decide.js'
import type { RunState } from '../../run/fold.js'
import { toOpenApprovals } from '../../run/waiting.js'
import { absorbControls, cancelRun, expireApprovals } from './absorb-controls.js'
import { cancelAnswer } from './background-answer.js'
import { callModel } from './call-model.js'
import { callTools } from './call-tools.js'
import { createEquipment, type RunEquipment } from './equip-run.js'
import { finishRun } from './finish-run.js'
import { hasPreparation, prepareRun } from './prepare-run.js'
import type { RunSetup } from './run-context.js'
import { undoNext } from './undo-next.js'
import { checkRunEnd } from './within-time-left.js'

/**
 * Carries a run from wherever its journal stands to its end, or to where it has to wait: asks `decide` what is next and
 * does it, writing each result down before the next step. Whatever fails inside the run ends it as `run.failed`.
 * @throws {FencedError} when another executor has taken the run over; {@link RunSetup.signal}'s reason when it aborts.
 */
export async function runLoop(given: RunSetup): Promise<RunState> {
  const { journal, signal, controls } = given
  const setup = { ...given, agent: { ...given.agent, client: withTelemetry(given.agent.client) } }
  const equipment = createEquipment(setup)
  while (journal.state.outcome === undefined && journal.state.parked === undefined) {
    signal.throwIfAborted()
    try {
      await takeStep(setup, equipment)
    } catch (error) {
      signal.throwIfAborted()
      if (controls.stop.aborted) continue
      // The run is sound; its store is not, or a run that works for it went on elsewhere. Whoever executes it next goes on.
      if (hasCode(error, 'store_unavailable') || hasCode(error, 'fenced')) throw error
      await cancelAnswer(setup)
      setup.onError(error)
      journal.record({ type: 'run.failed', data: toProblem(error, setup) })
    }
  }
  await journal.flush()
  return journal.state
}

async function takeStep(setup: RunSetup, equipment: RunEquipment): Promise<void> {
  const { journal, limits, controls } = setup
  await absorbControls(setup)
  if (controls.cancelReason !== undefined) return cancelRun(setup, controls.cancelReason)
  expireApprovals(setup)
  const action = decide(journal.state, limits, hasPreparation(setup.agent))
  if (isWork(action)) {
    checkRunEnd(setup)
    if (limits.parkAfter !== undefined && setup.clock.now() >= limits.parkAfter) {
      journal.record({ type: 'run.parked', data: { reason: 'operation_limit' } })
      return
    }
  }
  await perform(action, setup, equipment)
}

function isWork({ type }: Action): boolean {
  return type === 'prepare' || type === 'callModel' || type === 'runTools' || type === 'undo'
}

async function perform(action: Action, setup: RunSetup, equipment: RunEquipment): Promise<void> {
  switch (action.type) {
    case 'prepare':
      return prepareRun(await equipment.equip())
    case 'callModel':
      return callModel(await equipment.equipWithTools(), action.step)
    case 'runTools':
      return callTools(await equipment.equipWithTools(), action.calls)
    case 'undo':
      return undoNext(await equipment.equipWithTools())
    case 'wait':
      return park(setup)
    case 'finish':
      return finishRun(await equipment.equip())
    case 'giveUp':
      throw toGiveUpError(action.reason, setup)
    case 'stop':
      return
  }
}

function park({ journal }: RunSetup): void {
  const approvals = toOpenApprovals(journal.state)
  const reason = approvals.length === 0 ? 'tool' : 'approval'
  const ends = approvals.flatMap(({ expiresAt }) => expiresAt ?? [])
  journal.record({ type: 'run.parked', data: { reason, until: ends.sort()[0] } })
}

function toGiveUpError(
  reason: 'max_steps' | 'max_tokens',
  { agent, limits, journal: { state } }: RunSetup,
): AgentError {
  if (state.isGrantRefused)
    return new AgentError('budget_exhausted', 'The token budget is used up, and a human granted no more.')
  if (reason === 'max_tokens') {
    return new AgentError(
      'budget_exhausted',
      `The token budget is used up: ${toTokenLimit(state, limits)} tokens were left for this run.`,
    )
  }
  return new AgentError(
    'max_steps_exceeded',
    `The run made ${limits.maxSteps} model calls without coming to an answer; raise maxSteps of agent "${agent.name}" if it needs more.`,
  )
}
