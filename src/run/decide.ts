import type { CallState, RunState } from './fold.js'

/** What has to happen next in a run. */
export type Action =
  | { readonly type: 'callModel'; readonly step: number }
  | { readonly type: 'runTools'; readonly calls: readonly CallState[] }
  | { readonly type: 'finish' }
  | { readonly type: 'giveUp'; readonly maxSteps: number }
  | { readonly type: 'stop' }

export interface RunLimits {
  /** Most model calls a run may make. */
  readonly maxSteps: number
}

/** The next action, from nothing but what the log says. */
export function decide(state: RunState, limits: RunLimits): Action {
  if (state.outcome !== undefined) return { type: 'stop' }
  const last = state.steps.at(-1)
  if (last === undefined) return { type: 'callModel', step: 0 }
  if (last.calls.length === 0) return { type: 'finish' }
  const open = last.calls.filter((call) => call.completed === undefined)
  if (open.length > 0) return { type: 'runTools', calls: open }
  if (state.steps.length >= limits.maxSteps) return { type: 'giveUp', maxSteps: limits.maxSteps }
  return { type: 'callModel', step: state.steps.length }
}
