import { toErrorMessage } from '../../../../core/errors.js'
import type { ExtensionLog } from '../../../extension-log.js'
import type { FunctionDefinition, FunctionInvoker } from '../../../functions.js'
import { isOver } from '../../hub/instance-status.js'
import type { HistoryRow, Instance } from '../../hub/instance-table.js'
import type { TaskHub } from '../../hub/task-hub.js'
import type { Decision } from '../decision.js'
import { concludeEpisode, type Episode, failEpisode } from '../episode.js'
import { findIdProblem } from '../instance-id.js'
import { NonDeterministicError } from '../replay/non-determinism.js'
import { type ReplayResult, replay } from '../replay/replay.js'
import { toOrchestrationTrigger } from './orchestration-trigger.js'
import { type OrchestratorAnswer, parseOrchestratorAnswer } from './orchestrator-answer.js'
import { hasReusedTasks } from './reused-tasks.js'

export interface AskOptions {
  readonly hub: TaskHub
  readonly invoker: FunctionInvoker
  /** The orchestrator functions that this process has, by lower-case name. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>
  /** The names that a decision needs and this app does not have. */
  readonly findUnknown: (decision: Decision) => string | undefined
  /** How many actions one execution may ask for. */
  readonly maxActions: number
  /** Version of sub-orchestrations that are called without one. */
  readonly defaultVersion: string
  /** How long to wait before asking an address again that does not say so itself, in milliseconds. */
  readonly httpPollMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: ExtensionLog
}

/** Where an orchestration stands and what is new, with the episode's start. */
export interface Situation {
  readonly instance: Instance
  readonly history: readonly HistoryRow[]
  readonly news: readonly HistoryRow[]
}

/** Has the orchestrator function replay its history and see what is new; gives what comes of it, or how far to go first. */
export async function askOrchestrator(
  situation: Situation,
  options: AskOptions,
): Promise<Episode | { readonly cutAfter: number }> {
  const { instance, history, news } = situation
  const answer = await invoke(situation, options)
  try {
    checkActionCount(answer, options)
    const replayed = replay({
      execution: instance.execution,
      actions: answer.actions,
      httpPollMs: options.httpPollMs,
      history,
      news,
    })
    if (replayed.cutAfter !== undefined) return { cutAfter: replayed.cutAfter }
    report(instance, answer, replayed, options)
    const decisions = replayed.decisions
      .filter(
        (decision) => isKnown(instance, decision, options) && hasPossibleId(instance, decision, options),
      )
      .map((decision) => complete(decision, options.defaultVersion))
    for (const decision of decisions) reportReplaced(instance, decision, options)
    return concludeEpisode(instance, news, answer, { ...replayed, decisions })
  } catch (error) {
    const isNameless = error instanceof NonDeterministicError
    const message = toErrorMessage(error)
    // The function has not failed, or with something else: nothing but this would tell why the orchestration has.
    const { actions, failure: earlier } = answer
    const before = earlier === undefined ? '' : ` Its function had broken down: ${earlier.message}`
    options.log(
      'error',
      `The orchestration '${instance.id}' of '${instance.name}' has failed: ${message}${before}`,
    )
    return failEpisode(instance, news, actions.length, { message, stack: '', isNameless })
  }
}

/** @throws when one execution asks for too much. */
function checkActionCount({ actions }: OrchestratorAnswer, { maxActions }: AskOptions): void {
  if (actions.length > maxActions)
    throw new Error(`Maximum amount of orchestration actions (${maxActions}) has been reached.`)
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
  if (outcome.succeeded && hasReusedTasks(outcome.result, history.at(-1)?.task ?? 0)) {
    hang(
      instance,
      'a Task.all or Task.any holds a task that was yielded before; Azure schedules it again, and numbers go wrong from there',
      options,
    )
  }
  return parseOrchestratorAnswer(outcome)
}

function hang(instance: Instance, what: string, { log }: AskOptions): void {
  log('warning', `[would hang in Azure] The orchestration '${instance.id}': ${what}.`)
}

function report(
  instance: Instance,
  { isStuck, isDone, failure }: OrchestratorAnswer,
  { warnings, hasOpenTasks }: ReplayResult,
  options: AskOptions,
): void {
  for (const warning of warnings) hang(instance, warning, options)
  if (isStuck) hang(instance, 'its function threw something that is no Error with a message', options)
  if ((isDone || failure) && hasOpenTasks) {
    hang(
      instance,
      'its function has ended, but timers or tasks that it started have not; they are waited for',
      options,
    )
  }
}

function isKnown(instance: Instance, decision: Decision, { findUnknown, log }: AskOptions): boolean {
  const unknown = findUnknown(decision)
  if (unknown === undefined) return true
  log(
    'error',
    `[would hang in Azure] The orchestration '${instance.id}' asks for the function '${unknown}', which this app does not have; it waits for ever.`,
  )
  return false
}

/** A sub-orchestration takes the place of what runs under its id, on which the platform says nothing. */
function reportReplaced({ id }: Instance, decision: Decision, { hub, log }: AskOptions): void {
  if (decision.kind !== 'subOrchestration') return
  const existing = hub.instances.readHead(decision.instanceId)
  if (existing === undefined || isOver(existing.status)) return
  log(
    'warning',
    `The orchestration '${existing.id}' is given up for a sub-orchestration of '${id}' that has its id.`,
  )
}

/** A sub-orchestration with an id that it cannot have is not started, and its parent waits for ever. */
function hasPossibleId(instance: Instance, decision: Decision, options: AskOptions): boolean {
  if (decision.kind !== 'subOrchestration') return true
  const { instanceId } = decision
  const problem = instanceId === instance.id ? 'is that of its parent' : findIdProblem(instanceId)
  if (problem === undefined) return true
  hang(instance, `the id '${instanceId}' of its sub-orchestration ${problem}; it is not started`, options)
  return false
}

function complete(decision: Decision, defaultVersion: string): Decision {
  return decision.kind === 'subOrchestration'
    ? { ...decision, version: decision.version ?? defaultVersion }
    : decision
}
