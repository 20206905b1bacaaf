import { captureTraceContext } from '../../agent/telemetry/trace-context.js'
import type { RunRequest } from '../../run/events.js'

/** A request with its place in the trace of whoever makes it, so that every execution of its run is found there. It asks the same as before: the digest stays. */
export function withTrace(request: RunRequest): RunRequest {
  const trace = captureTraceContext()
  return trace === undefined ? request : { ...request, trace }
}
