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

function toEffect(step: number, { started, completed }: CallState): readonly Effect[] {
  if (started === undefined) return []
  const { callId, name, arguments: args, idempotencyKey, attempt } = started
  // Of an attempt that was cut off, the error of a later one tells nothing.
  const hasFailed = completed?.error !== undefined && !completed.isUnknown && attempt === 1
  if (hasFailed) return []
  const isKnown = completed !== undefined && completed.error === undefined
  const result = isKnown ? (completed.result ?? null) : undefined
  // Some models number their calls anew in each step.
  return [{ callId, name, arguments: args, idempotencyKey, undoId: `undo_${step}_${callId}`, result }]
}
