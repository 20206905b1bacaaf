import { AgentError } from '../core/errors.js'
import { toProblem } from '../core/problem.js'
import { type Action, decide } from '../run/decide.js'
import type { RunState } from '../run/fold.js'
import { callModel } from './call-model.js'
import { callTools } from './call-tools.js'
import type { RunContext } from './run-context.js'
import { toAnswer } from './to-answer.js'

/**
 * Carries a run from wherever its journal stands to its end: asks `decide` what is next and does it, writing each
 * result down before the next step. Whatever fails inside the run ends it as `run.failed`.
 * @throws {FencedError} when another executor has taken the run over; {@link RunContext.signal}'s reason when it aborts.
 */
export async function runLoop(context: RunContext): Promise<RunState> {
  const { agent, journal, signal } = context
  while (true) {
    signal.throwIfAborted()
    const action = decide(journal.state, { maxSteps: agent.maxSteps })
    if (action.type === 'stop') {
      await journal.flush()
      return journal.state
    }
    try {
      await perform(action, context)
    } catch (error) {
      signal.throwIfAborted()
      context.onError(error)
      journal.record({ type: 'run.failed', data: toProblem(error, context) })
    }
  }
}

async function perform(action: Exclude<Action, { type: 'stop' }>, context: RunContext): Promise<void> {
  switch (action.type) {
    case 'callModel':
      return callModel(context, action.step)
    case 'runTools':
      return callTools(context, action.calls)
    case 'finish':
      context.journal.record({ type: 'run.completed', data: await toAnswer(context) })
      return
    case 'giveUp':
      throw new AgentError(
        'max_steps_exceeded',
        `The run made ${action.maxSteps} model calls without coming to an answer; raise maxSteps of agent "${context.agent.name}" if it needs more.`,
      )
  }
}
