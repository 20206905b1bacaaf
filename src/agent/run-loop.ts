import { AgentError, hasCode } from '../core/errors.js'
import { toProblem } from '../core/problem.js'
import { type Action, decide } from '../run/decide.js'
import { type RunState, toOpenApprovals } from '../run/fold.js'
import { absorbControls, cancelRun, expireApprovals } from './absorb-controls.js'
import { callModel } from './call-model.js'
import { callTools } from './call-tools.js'
import { checkRunEnd, type RunContext } from './run-context.js'
import { toAnswer } from './to-answer.js'

/**
 * Carries a run from wherever its journal stands to its end, or to where it has to wait: asks `decide` what is next and
 * does it, writing each result down before the next step. Whatever fails inside the run ends it as `run.failed`.
 * @throws {FencedError} when another executor has taken the run over; {@link RunContext.signal}'s reason when it aborts.
 */
export async function runLoop(context: RunContext): Promise<RunState> {
  const { journal, signal, controls } = context
  while (journal.state.outcome === undefined && journal.state.parked === undefined) {
    signal.throwIfAborted()
    try {
      await takeStep(context)
    } catch (error) {
      signal.throwIfAborted()
      if (controls.stop.aborted) continue
      // The run is sound; its store is not, or a run that works for it went on elsewhere. Whoever executes it next goes on.
      if (hasCode(error, 'store_unavailable') || hasCode(error, 'fenced')) throw error
      context.onError(error)
      journal.record({ type: 'run.failed', data: toProblem(error, context) })
    }
  }
  await journal.flush()
  return journal.state
}

async function takeStep(context: RunContext): Promise<void> {
  const { journal, limits, controls } = context
  await absorbControls(context)
  if (controls.cancelReason !== undefined) return cancelRun(context, controls.cancelReason)
  expireApprovals(context)
  const action = decide(journal.state, limits)
  if (action.type === 'callModel' || action.type === 'runTools') {
    checkRunEnd(context)
    if (limits.parkAfter !== undefined && context.clock.now() >= limits.parkAfter) {
      journal.record({ type: 'run.parked', data: { reason: 'operation_limit' } })
      return
    }
  }
  await perform(action, context)
}

async function perform(action: Action, context: RunContext): Promise<void> {
  switch (action.type) {
    case 'callModel':
      return callModel(context, action.step)
    case 'runTools':
      return callTools(context, action.calls)
    case 'wait':
      return waitForApproval(context)
    case 'finish':
      context.journal.record({ type: 'run.completed', data: await toAnswer(context) })
      return
    case 'giveUp':
      throw toGiveUpError(action.reason, context)
    case 'stop':
      return
  }
}

function waitForApproval({ journal }: RunContext): void {
  const ends = toOpenApprovals(journal.state).flatMap(({ expiresAt }) => expiresAt ?? [])
  journal.record({ type: 'run.parked', data: { reason: 'approval', until: ends.sort()[0] } })
}

function toGiveUpError(reason: 'max_steps' | 'max_tokens', { agent, limits }: RunContext): AgentError {
  if (reason === 'max_tokens') {
    return new AgentError(
      'budget_exhausted',
      `The token budget is used up: ${limits.maxTokens} tokens were left for this run.`,
    )
  }
  return new AgentError(
    'max_steps_exceeded',
    `The run made ${limits.maxSteps} model calls without coming to an answer; raise maxSteps of agent "${agent.name}" if it needs more.`,
  )
}
