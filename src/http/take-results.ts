import { AgentError } from '../core/errors.js'
import { type JsonValue, toCanonicalJson } from '../core/json.js'
import type { ToolResult } from '../run/control.js'
import type { StoredEvent } from '../run/events.js'
import { fold, type RunState } from '../run/fold.js'
import type { RunKey } from '../run/run-log.js'
import { isCallersTool } from '../run/waiting.js'
import { createFieldError } from './request-errors.js'
import type { Call } from './route.js'

/** What a caller reports of a tool call that it has carried out, and where in the request that stands. */
export interface PlacedResult {
  readonly path: string
  readonly callId: string
  /** `error` when it failed. */
  readonly outcome: { readonly result: JsonValue } | { readonly error: string }
}

/**
 * What came of tool calls that a run waits for its caller with, and its events do not tell of yet.
 * @throws {AgentError} `not_found`, `invalid_request` or `result_already_reported`, naming the field.
 */
export function findUnreported(
  events: readonly StoredEvent[],
  placed: readonly PlacedResult[],
): readonly PlacedResult[] {
  const state = fold(events)
  return placed.filter((one, index) => {
    if (placed.findIndex(({ callId }) => callId === one.callId) < index)
      throw createFieldError(one.path, 'is reported twice')
    return !isReported(state, one)
  })
}

/** Reports results that the run has not been told of. @throws {AgentError} `result_already_reported` when somebody else was first, with others. */
export async function reportResults(call: Call, key: RunKey, fresh: readonly PlacedResult[]): Promise<void> {
  if (fresh.length === 0) return
  const taken = await call.sessions.report(
    key,
    fresh.map(({ callId, outcome }) => ({ callId, ...outcome })),
  )
  const lost = fresh.filter((_one, index) => !taken[index])
  if (lost.length > 0) await checkFiled(call, key, lost)
}

/** Whether the run has been told just that. @throws {AgentError} `not_found` when it has no such call of its caller's, `result_already_reported` when it was told otherwise. */
function isReported(state: RunState, placed: PlacedResult): boolean {
  const calls = state.steps.flatMap((step) => step.calls)
  const named = calls.find(({ call }) => call.callId === placed.callId)
  if (!isCallersTool(state, named?.call.name)) {
    const { path, callId } = placed
    throw new AgentError('not_found', `${path}: the run has no tool call "${callId}" for its caller.`, {
      issues: [{ path, message: 'names no tool call that the caller is to carry out' }],
    })
  }
  const { completed } = named ?? {}
  if (completed === undefined) return false
  if (!isSame(completed, placed)) throw createReportedError(placed)
  return true
}

/** Passes when others have reported the same, of which the run has yet to learn. @throws {AgentError} `result_already_reported` */
async function checkFiled({ log }: Call, key: RunKey, placed: readonly PlacedResult[]): Promise<void> {
  const filed = (await log.controls(key)).filter((record) => record.type === 'toolResult')
  for (const one of placed) {
    const record = filed.find(({ callId }) => callId === one.callId)
    if (record === undefined || !isSame(record, one)) throw createReportedError(one)
  }
}

function isSame({ result, error }: Omit<ToolResult, 'callId'>, { outcome }: PlacedResult): boolean {
  if ('error' in outcome) return error === outcome.error
  return error === undefined && toCanonicalJson(result) === toCanonicalJson(outcome.result)
}

function createReportedError({ path, callId }: PlacedResult): AgentError {
  return new AgentError(
    'result_already_reported',
    `${path}: tool call "${callId}" has another result already.`,
    {
      issues: [{ path, message: 'has another result already' }],
    },
  )
}
