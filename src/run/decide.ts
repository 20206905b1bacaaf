import { asksForTokens, type CallState, type RunState, toLastCalls } from './fold.js'

/** What has to happen next in a run. */
export type Action =
  /** Ask the agent's providers and middleware what they give the run. */
  | { readonly type: 'prepare' }
  | { readonly type: 'callModel'; readonly step: number }
  /** Every call that can be gone on with; others of the step may be waiting for a human. */
  | { readonly type: 'runTools'; readonly calls: readonly CallState[] }
  /** Only a human's decision, or the result of a pending tool, lets the run go on. */
  | { readonly type: 'wait' }
  /** Undo the next thing that another run has done, or say what was undone. */
  | { readonly type: 'undo' }
  | { readonly type: 'finish' }
  | { readonly type: 'giveUp'; readonly reason: 'max_steps' | 'max_tokens' }
  | { readonly type: 'stop' }

export interface RunLimits {
  /** Most model calls a run may make. */
  readonly maxSteps: number
  /** Most tokens a run may spend before its next model call; `undefined` for no limit. */
  readonly maxTokens?: number | undefined
  /** After so many a human is asked for as many again; `undefined` when nobody is. */
  readonly tokensPerGrant?: number | undefined
}

/** The next action, from nothing but what the log says. `prepares`: whether the agent has providers or middleware to ask before the first model call. */
export function decide(state: RunState, limits: RunLimits, prepares = false): Action {
  if (state.outcome !== undefined) return { type: 'stop' }
  const last = state.steps.at(-1)
  const isUndoing = state.request?.options.undoes !== undefined
  if (last === undefined) return isUndoing ? { type: 'undo' } : begin(state, limits, prepares)
  if (state.isGrantRefused) return { type: 'giveUp', reason: 'max_tokens' }
  const open = last.calls.filter((call) => call.completed === undefined)
  const ready = waitsForTokens(state) ? [] : open.filter((call) => !isWaiting(call))
  if (ready.length > 0) return { type: 'runTools', calls: ready }
  if (open.length > 0) return { type: 'wait' }
  if (isUndoing) return { type: 'undo' }
  const isAnswered = last.calls.length === 0 && !isSteered(state) && !isRejected(state)
  return isAnswered ? { type: 'finish' } : callModel(state, limits)
}

function begin(state: RunState, limits: RunLimits, prepares: boolean): Action {
  if (prepares && state.prepared === undefined) return { type: 'prepare' }
  return state.prepared?.answer === undefined ? callModel(state, limits) : { type: 'finish' }
}

function callModel(state: RunState, limits: RunLimits): Action {
  if (state.steps.length >= limits.maxSteps) return { type: 'giveUp', reason: 'max_steps' }
  if (state.usage.totalTokens >= toTokenLimit(state, limits)) return { type: 'giveUp', reason: 'max_tokens' }
  return { type: 'callModel', step: state.steps.length }
}

/** How many tokens a run may have spent at its next model call. */
export function toTokenLimit(
  { tokensAtGrant }: RunState,
  { maxTokens = Number.POSITIVE_INFINITY, tokensPerGrant = Number.POSITIVE_INFINITY }: RunLimits,
): number {
  return Math.min(maxTokens, tokensAtGrant + tokensPerGrant)
}

/** Whether a human is to be asked for more tokens before the run does anything else; not where no more may be had. */
export function needsTokens(state: RunState, limits: RunLimits): boolean {
  const { totalTokens } = state.usage
  const { tokensPerGrant, maxTokens = Number.POSITIVE_INFINITY } = limits
  return (
    tokensPerGrant !== undefined &&
    totalTokens >= state.tokensAtGrant + tokensPerGrant &&
    totalTokens < maxTokens
  )
}

/** Whether a human has been asked for more tokens, and has not answered: no other call of the step begins. */
export function waitsForTokens(state: RunState): boolean {
  return toLastCalls(state).some((call) => asksForTokens(call) && call.decision === undefined)
}

function isSteered({ steering, steps }: RunState): boolean {
  return steering.some(({ afterSteps }) => afterSteps === steps.length)
}

function isRejected({ rejections, steps }: RunState): boolean {
  return rejections.some(({ step }) => step === steps.length - 1)
}

function isWaiting({ approval, decision, pending }: CallState): boolean {
  return pending !== undefined || (approval !== undefined && decision === undefined)
}
