/** Where in a distributed trace something stands, as it travels in HTTP headers (W3C Trace Context, sections 3.2 and 3.3). */
export interface TraceContext {
  /** Version `00`: trace id (32 hex digits), span id (16), flags (2; the lowest bit says that the trace is sampled). */
  readonly traceparent: string
  /** What tracing systems add for themselves; at most 512 characters. */
  readonly tracestate?: string | undefined
}

/** What a `traceparent` says. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  /** Bits; the lowest says that the trace is sampled. */
  readonly flags: number
}

const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const maxTraceStateLength = 512

/** Reads a `traceparent`; `undefined` when it is none. Of versions to come what version `00` knows is read, as section 4.3 asks. */
export function parseTraceParent(text: string | null | undefined): TraceParent | undefined {
  const match = traceparentForm.exec(text?.trim() ?? '')
  if (match === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

/** Reads what comes with a request; `undefined` when there is no usable `traceparent`. A `tracestate` that is too long, or not printable, is left out. */
export function parseTraceContext(
  traceparent: string | null | undefined,
  tracestate?: string | null,
): TraceContext | undefined {
  const parent = parseTraceParent(traceparent)
  if (parent === undefined) return undefined
  const state = tracestate?.trim() ?? ''
  const isUsable = state !== '' && state.length <= maxTraceStateLength && /^[\x20-\x7e]+$/.test(state)
  return { traceparent: toTraceParentText(parent), ...(isUsable ? { tracestate: state } : {}) }
}

/** A place in a trace as a `traceparent` of version `00`. */
export function toTraceParentText({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, '0')}`
}

/** Whether whoever began a trace wants it recorded. */
export function isSampled({ traceparent }: TraceContext): boolean {
  return ((parseTraceParent(traceparent)?.flags ?? 0) & 1) === 1
}
