import type { IncomingMessage } from 'node:http'
import { parseTraceContext, type TraceContext } from '../../core/trace-context.js'

/**
 * Where in a trace a request was made; `undefined` when it does not say, or not in the form of W3C Trace Context. Azure's host
 * hands on a span of its own that stands below this one; this host makes none.
 */
export function readTraceContext({ headers }: Pick<IncomingMessage, 'headers'>): TraceContext | undefined {
  const { traceparent, tracestate } = headers
  return traceparent === undefined
    ? undefined
    : parseTraceContext(String(traceparent), tracestate?.toString())
}
