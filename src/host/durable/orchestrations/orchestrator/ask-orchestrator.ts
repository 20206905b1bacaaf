import { toErrorMessage } from '../../../../core/errors.js'
import type { ExtensionLog } from '../../../host-extension.js'
import type { Instance } from '../../hub/instance-table.js'
import type { RunnerOptions } from '../../work/runner-options.js'
import { concludeEpisode, type Episode, failEpisode, type Situation } from '../episode.js'
import { countActions } from '../history/history-episodes.js'
import { NonDeterministicError } from '../replay/non-determinism.js'
import { type ReplayResult, replay } from '../replay/replay.js'
import { toOrchestrationTrigger } from './orchestration-trigger.js'
import { type OrchestratorAnswer, parseOrchestratorAnswer } from './orchestrator-answer.js'
import { reportHang } from './report-hang.js'
import { hasReusedTasks } from './reused-tasks.js'
import { type DecisionChecks, settleDecisions } from './settle-decisions.js'

export interface AskOptions extends DecisionChecks, Pick<RunnerOptions, 'invoker' | 'functions'> {
  /** How many actions one execution may ask for. */
  readonly maxActions: number
  /** How long to wait before asking an address again that does not say so itself, in milliseconds. */
  readonly httpPollMs: number
}

/** How far to go first, as only a shorter episode tells for sure. */
interface Cut {
  /** So many of the new events are to be handled by themselves. */
  readonly cutAfter: number
}

/** Has the orchestrator function replay its history and see what is new; gives what comes of it, or how far to go first. */
export async function askOrchestrator(situation: Situation, options: AskOptions): Promise<Episode | Cut> {
  const answer = await invoke(situation, options)
  try {
    return conclude(situation, answer, options)
  } catch (error) {
    return fail(situation, answer, error, options.log)
  }
}

async function invoke(situation: Situation, options: AskOptions): Promise<OrchestratorAnswer> {
  const { instance, history, news } = situation
  const definition = options.functions.get(instance.name.toLowerCase())
  if (definition === undefined) throw new Error(`The orchestrator function '${instance.name}' is gone.`)
  const outcome = await options.invoker.invoke(definition, {
    input: toOrchestrationTrigger(instance, history, news, options.httpPollMs),
    triggerMetadata: { instanceId: { string: instance.id } },
    reason: '(null)',
  })
  if (outcome.succeeded && hasReusedTasks(outcome.result, countActions(history))) {
    reportHang(
      instance,
      'a Task.all or Task.any holds a task that was yielded before; Azure schedules it again, and numbers go wrong from there',
      options.log,
    )
  }
  return parseOrchestratorAnswer(outcome)
}

/** @throws {NonDeterministicError} when the answer does not fit the history. @throws when it asks for too much. */
function conclude(situation: Situation, answer: OrchestratorAnswer, options: AskOptions): Episode | Cut {
  const { instance, history, news } = situation
  const { httpPollMs, log } = options
  checkActionCount(answer, options)
  const { actions } = answer
  const replayed = replay({ execution: instance.execution, actions, httpPollMs, history, news })
  if (replayed.cutAfter !== undefined) return { cutAfter: replayed.cutAfter }
  reportHangs(instance, answer, replayed, log)
  const decisions = settleDecisions(replayed.decisions, instance, options)
  return concludeEpisode(situation, answer, { ...replayed, decisions })
}

/** @throws when one execution asks for too much. */
function checkActionCount({ actions }: OrchestratorAnswer, { maxActions }: AskOptions): void {
  if (actions.length > maxActions)
    throw new Error(`Maximum amount of orchestration actions (${maxActions}) has been reached.`)
}

function reportHangs(
  instance: Instance,
  { isStuck, isDone, failure }: OrchestratorAnswer,
  { warnings, hasOpenTasks }: ReplayResult,
  log: ExtensionLog,
): void {
  for (const warning of warnings) reportHang(instance, warning, log)
  if (isStuck) reportHang(instance, 'its function threw something that is no Error with a message', log)
  if ((isDone || failure) && hasOpenTasks) {
    const what = 'its function has ended, but timers or tasks that it started have not; they are waited for'
    reportHang(instance, what, log)
  }
}

/** The function has not failed, or with something else: nothing but the log would tell why the orchestration has. */
function fail(situation: Situation, answer: OrchestratorAnswer, error: unknown, log: ExtensionLog): Episode {
  const { id, name } = situation.instance
  const { actions, failure: earlier } = answer
  const message = toErrorMessage(error)
  const before = earlier === undefined ? '' : ` Its function had broken down: ${earlier.message}`
  log('error', `The orchestration '${id}' of '${name}' has failed: ${message}${before}`)
  const isNameless = error instanceof NonDeterministicError
  return failEpisode(situation, actions.length, { message, stack: '', isNameless })
}
