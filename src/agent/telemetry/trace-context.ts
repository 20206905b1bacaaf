import { type Context, context, createTraceState, type SpanContext, trace } from '@opentelemetry/api'
import { parseTraceParent, type TraceContext, toTraceParentText } from '../../core/trace-context.js'
import { isTracing } from '../../model/telemetry/tracing.js'

/** Where in a trace this code runs, to be kept with what it accepts; `undefined` when nobody traces it. */
export function captureTraceContext(): TraceContext | undefined {
  if (!isTracing()) return undefined
  const here = trace.getSpanContext(context.active())
  return here === undefined || !trace.isSpanContextValid(here) ? undefined : toTraceContext(here)
}

/** A place in a trace in the form in which it is kept. */
export function toTraceContext({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const tracestate = traceState?.serialize()
  const traceparent = toTraceParentText({ traceId, spanId, flags: traceFlags })
  return { traceparent, ...(tracestate ? { tracestate } : {}) }
}

/** A place in a trace that was kept, or came with a request; `undefined` when it is none. */
export function toSpanContext({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const parent = parseTraceParent(traceparent)
  if (parent === undefined) return undefined
  const { traceId, spanId, flags } = parent
  const traceState = tracestate === undefined ? undefined : createTraceState(tracestate)
  return { traceId, spanId, traceFlags: flags, traceState, isRemote: true }
}

/** The current context, at a place in a trace that was kept; without one, at the root of a trace to come. */
export function toContext(kept: TraceContext | undefined): Context {
  const place = kept && toSpanContext(kept)
  return place === undefined
    ? trace.deleteSpan(context.active())
    : trace.setSpanContext(context.active(), place)
}
