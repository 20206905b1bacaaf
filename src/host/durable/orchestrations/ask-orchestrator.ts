import { toErrorMessage } from '../../../core/errors.js'
import type { ExtensionLog } from '../../extension-log.js'
import type { FunctionDefinition, FunctionInvoker } from '../../functions.js'
import { isOver } from '../instance-status.js'
import type { HistoryRow, Instance } from '../instance-table.js'
import type { TaskHub } from '../task-hub.js'
import type { Decision } from './decision.js'
import { concludeEpisode, type Episode, failEpisode } from './episode.js'
import { findIdProblem } from './instance-id.js'
import { toOrchestrationTrigger } from './orchestration-trigger.js'
import { type OrchestratorAnswer, parseOrchestratorAnswer } from './orchestrator-answer.js'
import { type ReplayResult, replay } from './replay.js'
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
  if (answer.isBroken) return concludeEpisode(instance, news, answer, nothing)
  const actionCount = answer.actions.length
  if (actionCount > options.maxActions) {
    const message = `Maximum amount of orchestration actions (${options.maxActions}) has been reached.`
    return fail(situation, actionCount, message, options)
  }
  try {
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
      .filter((decision) => isKnown(instance, decision, options))
      .map((decision) => complete(instance, decision, options.defaultVersion))
    for (const decision of decisions) reportTakenId(instance, decision, options)
    return concludeEpisode(instance, news, answer, { ...replayed, decisions })
  } catch (error) {
    return fail(situation, actionCount, toErrorMessage(error), options)
  }
}

/** Ends an orchestration whose function has not failed itself: nothing else in the log would tell why. */
function fail({ instance, news }: Situation, actionCount: number, why: string, { log }: AskOptions): Episode {
  log('error', `The orchestration '${instance.id}' of '${instance.name}' has failed: ${why}`)
  return failEpisode(instance, news, actionCount, why)
}

/** What follows from an answer that cannot be held against the history. */
const nothing = { decisions: [], canceledTimers: [], hasOpenTasks: false }

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
  { warnings, hasOpenTasks, next }: ReplayResult,
  options: AskOptions,
): void {
  for (const warning of warnings) hang(instance, warning, options)
  if (isStuck) hang(instance, 'its function threw something that is no Error with a message', options)
  if ((isDone || failure) && hasOpenTasks && next === undefined) {
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

/** The platform drops the start of a sub-orchestration whose id is in use, and says nothing. */
function reportTakenId(instance: Instance, decision: Decision, options: AskOptions): void {
  if (decision.kind !== 'subOrchestration') return
  const existing = options.hub.instances.readHead(decision.instanceId)
  if (existing === undefined || isOver(existing.status)) return
  hang(instance, `its sub-orchestration cannot have the id '${existing.id}', which is in use`, options)
}

/** @throws {RangeError} for a sub-orchestration with an id that it cannot have. */
function complete(instance: Instance, decision: Decision, defaultVersion: string): Decision {
  if (decision.kind !== 'subOrchestration') return decision
  const { instanceId, version = defaultVersion } = decision
  const problem = instanceId === instance.id ? 'is that of its parent' : findIdProblem(instanceId)
  if (problem !== undefined) {
    throw new RangeError(`The instance id '${instanceId}' of a sub-orchestration ${problem}.`)
  }
  return { ...decision, version }
}
