import { type Clock, systemClock } from '../../core/clock.js'
import { hasCode, toErrorMessage } from '../../core/errors.js'
import { type JsonValue, toJsonValue, toResultValue } from '../../core/json.js'
import { raceAbort } from '../../core/race-abort.js'
import { toErrorType } from '../../model/telemetry/tracing.js'
import { noteToolFailure } from '../telemetry/tool-failure.js'
import { PendingResult } from './durable-tools.js'

/** What came of a tool call, in JSON. */
export type ToolOutcome = { readonly result: JsonValue } | ToolError

/** Why a call has no result; `isUnknown` when it may have taken effect all the same. */
export interface ToolError {
  readonly error: string
  readonly isUnknown?: true | undefined
}

/** The result will come from outside. */
export interface PendingOutcome {
  readonly parked: 'tool'
  /** Present when it is a run that works for the call that waits: for what. */
  readonly calls?: readonly string[] | undefined
}

/** How much time, how many tries and how large a result a tool gets. */
export interface InvocationLimits {
  /** Time limit of one execution. @default none */
  readonly timeoutMs?: number | undefined
  /** How often to run it when it throws or takes too long; waits `initialDelayMs` (200) before the second time, and doubles that. @default one time */
  readonly retry?: { readonly maxAttempts: number; readonly initialDelayMs?: number | undefined } | undefined
  /** Largest result, in characters of JSON; an error that is longer is cut. @default 100,000 */
  readonly maxResultLength?: number | undefined
  /** What a larger result becomes: an error that says so, its beginning as text, or what a function makes of it. @default 'refuse' */
  readonly onLargeResult?: 'refuse' | 'truncate' | ((result: JsonValue) => JsonValue) | undefined
}

/** Runs a tool within its limits. Never rejects, unless `outer` aborts it or its outcome is unknown. @throws {AgentError} `outcome_unknown` when the tool does. */
export async function invokeTool(
  execute: (signal: AbortSignal) => unknown,
  outer: AbortSignal,
  limits: InvocationLimits,
  clock: Clock = systemClock,
): Promise<ToolOutcome | PendingOutcome> {
  const { maxAttempts = 1, initialDelayMs = 200 } = limits.retry ?? {}
  let isUnknown: true | undefined
  for (let attempt = 1; ; attempt += 1) {
    const tried = await invokeOnce(execute, outer, limits, clock)
    if ('returned' in tried) return toOutcome(tried.returned, limits)
    isUnknown ??= tried.isUnknown
    if (attempt >= maxAttempts) return { error: cutError(tried.error, limits), isUnknown }
    await clock.sleep(initialDelayMs * 2 ** (attempt - 1), outer)
  }
}

async function invokeOnce(
  execute: (signal: AbortSignal) => unknown,
  outer: AbortSignal,
  limits: InvocationLimits,
  clock: Clock,
): Promise<{ readonly returned: unknown } | ToolError> {
  const { timeoutMs } = limits
  const limit = timeoutMs === undefined ? undefined : clock.timeout(timeoutMs)
  const signal = limit === undefined ? outer : AbortSignal.any([outer, limit])
  try {
    return { returned: await raceAbort(execute(signal), signal) }
  } catch (error) {
    if (outer.aborted) throw outer.reason
    if (hasCode(error, 'outcome_unknown')) throw error
    noteToolFailure(toErrorType(error))
    if (limit?.aborted) return { error: `The tool did not finish within ${timeoutMs} ms.`, isUnknown: true }
    return { error: toErrorMessage(error) }
  }
}

/** What a tool that has run gave. It is not run again for what is wrong with that: it may have taken effect. */
function toOutcome(returned: unknown, limits: InvocationLimits): ToolOutcome | PendingOutcome {
  if (returned instanceof PendingResult) return returned.output ?? { parked: 'tool' }
  try {
    return fitResult(toResultValue(returned), limits)
  } catch (error) {
    noteToolFailure(toErrorType(error))
    const message = `The tool has run, but what it gave cannot be told: ${toErrorMessage(error)}`
    return { error: cutError(message, limits), isUnknown: true }
  }
}

const defaultMaxLength = 100_000

function fitResult(result: JsonValue, limits: InvocationLimits): ToolOutcome {
  const { maxResultLength = defaultMaxLength, onLargeResult = 'refuse' } = limits
  const text = JSON.stringify(result)
  if (text.length <= maxResultLength) return { result }
  if (typeof onLargeResult === 'function') {
    return fitResult(toJsonValue(onLargeResult(result)), { maxResultLength })
  }
  const size = `The result has ${text.length} characters; this tool may give ${maxResultLength}.`
  if (onLargeResult === 'refuse') return { error: size, isUnknown: true }
  const beginning = typeof result === 'string' ? result : text
  return { result: `${beginning.slice(0, maxResultLength)}… [cut: ${size}]` }
}

function cutError(error: string, { maxResultLength = defaultMaxLength }: InvocationLimits): string {
  return error.length <= maxResultLength ? error : `${error.slice(0, maxResultLength)}…`
}
