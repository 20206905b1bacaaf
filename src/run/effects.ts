import type { JsonValue } from '../core/json.js'
import type { ToolStarted } from './events.js'
import type { CallState, RunState } from './fold.js'

/** A tool call of a run that has taken effect, or may have. */
export interface Effect extends Pick<ToolStarted, 'callId' | 'name' | 'arguments' | 'idempotencyKey'> {
  /** Names the call that undoes it, in every run that is to. */
  readonly undoId: string
  /** What it gave; `undefined` when nobody knows whether it took effect. */
  readonly result: JsonValue | undefined
}

/** What a run's tools have done, newest first. Calls that failed have done nothing, unless nobody knows. */
export function toEffects({ steps }: RunState): readonly Effect[] {
  return steps.flatMap(({ step, calls }) => calls.flatMap((call) => toEffect(step, call))).toReversed()
}

function toEffect(step: number, call: CallState): readonly Effect[] {
  const { started } = call
  if (started === undefined || !hasEffect(call)) return []
  const { callId, name, arguments: args, idempotencyKey } = started
  const result = isDone(call) ? (call.completed?.result ?? null) : undefined
  // Some models number their calls anew in each step.
  return [{ callId, name, arguments: args, idempotencyKey, undoId: `undo_${step}_${callId}`, result }]
}

/** Whether a call has taken effect, or may have: it was cut off, or one of its attempts was, of which the error of a later one tells nothing. */
export function hasEffect({ started, completed }: CallState): boolean {
  if (started === undefined) return false
  return completed?.error === undefined || completed.isUnknown === true || started.attempt > 1
}

/** Whether a call has taken effect. */
export function isDone({ completed }: CallState): boolean {
  return completed !== undefined && completed.error === undefined
}
