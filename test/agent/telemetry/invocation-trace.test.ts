import { context, trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { withInvocationTrace, withOperationTrace } from '../../../src/agent/telemetry/invocation-trace.js'
import { captureTraceContext } from '../../../src/agent/telemetry/trace-context.js'
import { capturesContent } from '../../../src/model/telemetry/content-capture.js'
import { TelemetryKit } from '../../support/telemetry.js'

const kit = new TelemetryKit()

const caller = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`
const host = `00-${'a'.repeat(32)}-${'2'.repeat(16)}-01`
const other = `00-${'b'.repeat(32)}-${'3'.repeat(16)}-01`
const unsampled = other.replace(/01$/, '00')

/** Where work is done that comes with these headers, in an invocation to which the host has handed this. */
function place(traceparent: string | undefined, traceParent: string | undefined) {
  const headers = new Headers(traceparent === undefined ? {} : { traceparent, tracestate: 'a=1' })
  return withInvocationTrace({ traceContext: { traceParent, traceState: '' } }, headers, captureTraceContext)
}

test.each([
  ["the caller's, where the host says nothing", caller, undefined, caller],
  ["the host's span, which stands below the caller's", caller, host, host],
  ["the caller's, where the host has a trace of its own", caller, other, caller],
  ["the host's, where the caller has none", undefined, other, other],
  ["nobody's, where the host does not sample what it began itself", undefined, unsampled, undefined],
  ["the caller's, also when it is not sampled", unsampled, host, unsampled],
  ["nobody's, where both are garbage", 'garbage', 'garbage', undefined],
])('the place of an invocation is %s', (_whose, traceparent, traceParent, expected) => {
  expect(place(traceparent, traceParent)?.traceparent).toBe(expected)
})

test('the tracestate comes along', () => {
  expect(place(caller, undefined)).toEqual({ traceparent: caller, tracestate: 'a=1' })
})

test("the app's own span is where work is done, whoever calls", () => {
  trace.getTracer('app').startActiveSpan('POST', (span) => {
    const { spanId } = span.spanContext()
    expect(place(caller, host)?.traceparent).toContain(spanId)
    span.end()
  })
})

test('what instrumentation took over from the host counts as what the host says', () => {
  const remote = { traceId: 'b'.repeat(32), spanId: '3'.repeat(16), traceFlags: 0, isRemote: true }
  context.with(trace.setSpanContext(context.active(), remote), () => {
    expect(place(undefined, unsampled)).toBeUndefined()
    expect(place(caller, unsampled)?.traceparent).toBe(caller)
  })
})

test('an operation tells as much as the app wants told', () => {
  expect(withOperationTrace({}, {}, capturesContent)).toBe(false)
  expect(withOperationTrace({}, { captureContent: true }, capturesContent)).toBe(true)
})

test('without a provider nothing is looked at', () => {
  kit.remove()
  try {
    expect(place(caller, host)).toBeUndefined()
  } finally {
    kit.register()
  }
})
