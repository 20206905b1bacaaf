import { expect, test } from 'vitest'
import { isSampled, parseTraceContext, parseTraceParent } from '../../src/core/trace-context.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${spanId}-01`

test('a traceparent is read and kept as it is', () => {
  expect(parseTraceParent(traceparent)).toEqual({ traceId, spanId, flags: 1 })
  expect(parseTraceContext(traceparent)).toEqual({ traceparent })
  expect(parseTraceContext(` ${traceparent} `, ' a=1,b=2 ')).toEqual({ traceparent, tracestate: 'a=1,b=2' })
})

test('of a version to come what is known is read', () => {
  expect(parseTraceContext(`cc-${traceId}-${spanId}-01-more`)).toEqual({ traceparent })
})

test.each([
  ['nothing', undefined],
  ['no header', null],
  ['garbage', 'garbage'],
  ['upper case', traceparent.toUpperCase()],
  ['the version that is none', `ff-${traceId}-${spanId}-01`],
  ['more than version 00 has', `${traceparent}-more`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['two headers', `${traceparent}, ${traceparent}`],
])('%s is no trace', (_what, text) => {
  expect(parseTraceContext(text)).toBeUndefined()
})

test.each([
  ['too long', 'a='.padEnd(513, 'x')],
  ['not printable', 'a=\u0007'],
  ['empty', ' '],
])('a tracestate that is %s is left out', (_what, tracestate) => {
  expect(parseTraceContext(traceparent, tracestate)).toEqual({ traceparent })
})

test('whether a trace is sampled is its lowest bit', () => {
  expect(isSampled({ traceparent })).toBe(true)
  expect(isSampled({ traceparent: `00-${traceId}-${spanId}-02` })).toBe(false)
})
