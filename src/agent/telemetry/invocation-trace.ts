import { context, trace } from '@opentelemetry/api'
import {
  isSampled,
  parseTraceContext,
  parseTraceParent,
  type TraceContext,
} from '../../core/trace-context.js'
import { withContentCapture } from '../../model/telemetry/content-capture.js'
import { isTracing } from '../../model/telemetry/tracing.js'
import type { TelemetryOptions } from '../../model/with-telemetry.js'
import { toContext } from './trace-context.js'

/** How much of an app's runs is told. */
export type AppTelemetry = TelemetryOptions

/** What a function of an app is told of the trace that its invocation is part of. */
export interface TracedInvocation {
  readonly traceContext?: {
    readonly traceParent?: string | undefined
    readonly traceState?: string | undefined
  }
}

/** What came with an HTTP request. */
type RequestHeaders = Pick<Headers, 'get'>

/**
 * Does the work of an invocation at its place in a trace: below the app's own span where its instrumentation has begun
 * one, else where the Functions host is, else where the request's `traceparent` says. What the host began
 * by itself and does not sample is nobody's trace: whether that work is traced is left to the app's own sampler.
 */
export function withInvocationTrace<T>(
  invocation: TracedInvocation,
  headers: RequestHeaders | undefined,
  work: () => T,
): T {
  if (!isTracing() || isBelowOwnSpan()) return work()
  const { traceParent, traceState } = invocation.traceContext ?? {}
  const host = parseTraceContext(traceParent, traceState)
  const caller = headers && parseTraceContext(headers.get('traceparent'), headers.get('tracestate'))
  return context.with(toContext(choosePlace(host, caller)), work)
}

/** Does the work of an entity's operation likewise, telling as much as the app wants told. */
export function withOperationTrace<T>(
  invocation: TracedInvocation,
  { captureContent }: AppTelemetry,
  work: () => T,
): T {
  return withInvocationTrace(invocation, undefined, () => withContentCapture(captureContent, work))
}

function isBelowOwnSpan(): boolean {
  const active = trace.getActiveSpan()?.spanContext()
  return active !== undefined && trace.isSpanContextValid(active) && active.isRemote !== true
}

/** The host's span stands below the caller's, if it is of the same trace. */
function choosePlace(
  host: TraceContext | undefined,
  caller: TraceContext | undefined,
): TraceContext | undefined {
  if (caller === undefined) return host !== undefined && isSampled(host) ? host : undefined
  return host !== undefined && toTraceId(host) === toTraceId(caller) ? host : caller
}

function toTraceId({ traceparent }: TraceContext): string | undefined {
  return parseTraceParent(traceparent)?.traceId
}
