import type { InstanceStatus } from '../hub/instance-status.js'
import type { HistoryRow, Instance } from '../hub/instance-table.js'
import type { Decision } from './decision.js'
import { countActions } from './history/history-episodes.js'
import type { OrchestratorAnswer, OrchestratorFailure } from './orchestrator/orchestrator-answer.js'
import type { ReplayResult } from './replay/replay.js'

/** What one episode of an orchestration starts from. */
export interface Situation {
  /** As it stood before. */
  readonly instance: Instance
  /** What is committed. */
  readonly history: readonly HistoryRow[]
  /** The start of the episode and its events. */
  readonly news: readonly HistoryRow[]
}

/** What one episode of an orchestration came to, before it is committed. */
export interface Episode {
  /** Start and events, then the decisions, without the episode's end. */
  readonly news: readonly HistoryRow[]
  readonly decisions: readonly Decision[]
  readonly canceledTimers: readonly number[]
  readonly actionCount: number
  /** True when the orchestrator's function has failed, also while something is still waited for. */
  readonly hasFailed: boolean
  readonly customStatus: string | null
  readonly end: EpisodeEnd
}

/** How the orchestration stands after an episode. */
export type EpisodeEnd =
  | { readonly kind: 'open' }
  | { readonly kind: 'next'; readonly input: string | null }
  | EpisodeOver

export interface EpisodeOver {
  readonly kind: 'over'
  readonly status: InstanceStatus
  /** JSON text. */
  readonly output: string | null
  readonly failure?: OrchestratorFailure | undefined
}

/** The text of a failed orchestrator, as callers and parents know it. */
export function toFailureText(name: string, { message, isNameless }: OrchestratorFailure): string {
  return isNameless ? message : `Orchestrator function '${name}' failed: ${message}`
}

/** Puts together what the orchestrator function answered and what replaying it has found out. */
export function concludeEpisode(
  { instance, news }: Situation,
  answer: OrchestratorAnswer,
  replayed: Pick<ReplayResult, 'decisions' | 'canceledTimers' | 'hasOpenTasks'>,
): Episode {
  const { decisions, canceledTimers } = replayed
  const statusProblem = checkCustomStatus(answer.customStatus)
  const checked = statusProblem ? { ...answer, failure: { message: statusProblem, stack: '' } } : answer
  return {
    news,
    decisions,
    canceledTimers,
    actionCount: answer.actions.length,
    hasFailed: checked.failure !== undefined,
    customStatus: statusProblem ? instance.customStatus : (answer.customStatus ?? instance.customStatus),
    end: findEnd(instance, checked, replayed.hasOpenTasks),
  }
}

/** An orchestration whose function cannot go on ends at once, whatever it has set going. */
export function failEpisode(
  { instance, news }: Situation,
  actionCount: number,
  failure: OrchestratorFailure,
): Episode {
  const { customStatus } = instance
  const end = toFailed(instance, failure)
  return { news, decisions: [], canceledTimers: [], actionCount, hasFailed: true, customStatus, end }
}

/** An orchestration that somebody has ended is not asked any more. */
export function terminateEpisode({ instance, history, news }: Situation, reason: string | null): Episode {
  const end = { kind: 'over', status: 'Terminated', output: toReasonJson(reason) } as const
  const { customStatus } = instance
  const actionCount = countActions(history)
  return { news, decisions: [], canceledTimers: [], actionCount, hasFailed: false, customStatus, end }
}

/** Why somebody has ended or suspended an orchestration, as its output; `null` when no reason was given. */
export function toReasonJson(reason: string | null): string | null {
  return reason === null ? null : JSON.stringify(reason)
}

const mostStatusKilobytes = 16

/** Why a custom status, JSON text, is refused; `undefined` when it is not. Whole kilobytes are counted, as the platform does. */
function checkCustomStatus(customStatus: string | undefined): string | undefined {
  const kilobytes = Math.floor(((customStatus?.length ?? 0) * 2) / 1024)
  if (kilobytes <= mostStatusKilobytes) return undefined
  return `The UTF-16 size of the JSON-serialized payload must not exceed ${mostStatusKilobytes} KB. The current payload size is ${kilobytes} KB.`
}

/** Whoever has returned, failed or asked for the next round still waits for what it has scheduled (DTFx: open tasks). */
function findEnd(
  instance: Instance,
  { actions, isDone, failure, output }: OrchestratorAnswer,
  hasOpenTasks: boolean,
): EpisodeEnd {
  if (failure) return hasOpenTasks ? { kind: 'open' } : toFailed(instance, failure)
  if (!isDone || hasOpenTasks) return { kind: 'open' }
  const next = actions.find((action) => action.type === 'continueAsNew')
  return next ? { kind: 'next', input: next.input } : { kind: 'over', status: 'Completed', output }
}

function toFailed({ name }: Instance, failure: OrchestratorFailure): EpisodeEnd {
  return { kind: 'over', status: 'Failed', output: JSON.stringify(toFailureText(name, failure)), failure }
}
