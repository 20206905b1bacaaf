import {
  type Attributes,
  type Context,
  context,
  diag,
  INVALID_SPAN_CONTEXT,
  type Link,
  ProxyTracerProvider,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AgentError } from '../../core/errors.js'

/** Under which name the library's spans and metrics come: OpenTelemetry calls it the instrumentation scope. */
export const scopeName = 'durable-agent-functions'

/** Whose names the attributes have; the last release that has the GenAI conventions with all others. */
const schemaUrl = 'https://opentelemetry.io/schemas/1.41.0'

/** Whether the app has registered a tracer provider. Without one nothing is made that a span would need. */
export function isTracing(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(scopeName) !== undefined
}

/** What a span begins with. */
export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  readonly links?: Link[] | undefined
}

/**
 * Begins a span in a context, which is the current one if nothing else is said. Where none can be begun, what would be
 * below it is below its parent.
 */
export function startSpan({ name, ...options }: SpanStart, parent: Context = context.active()): Span {
  const span = guard(() => {
    const tracer = trace.getTracerProvider().getTracer(scopeName, undefined, { schemaUrl })
    return tracer.startSpan(name, options, parent)
  })
  return span ?? trace.wrapSpanContext(trace.getSpanContext(parent) ?? INVALID_SPAN_CONTEXT)
}

/** Ends a span, which hands it to the app's span processors. */
export function endSpan(span: Span): void {
  guard(() => span.end())
}

/** Has the app's telemetry do something. What goes wrong there is no failure of what is told; OpenTelemetry's own log hears of it. */
export function guard<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    diag.error(`${scopeName}: the telemetry of this app threw.`, error)
    return undefined
  }
}

/**
 * What a failure is called (semantic conventions, `error.type`): our code, the name of another error, `_OTHER` for what
 * is no error at all, or has no name but a text.
 */
export function toErrorType(error: unknown): string {
  if (error instanceof AgentError) return error.code
  return error instanceof Error && plainName.test(error.name) ? error.name : '_OTHER'
}

/** Names are written by programmers, and few. Metrics have one series for each of them. */
const plainName = /^[A-Za-z_$][\w$.]{0,63}$/

/**
 * Marks a span as failed.
 * Security: only what this library says itself is told; what others threw may hold anything.
 */
export function markFailed(span: Span, error: unknown): void {
  span.setAttribute('error.type', toErrorType(error))
  span.setStatus({
    code: SpanStatusCode.ERROR,
    ...(error instanceof AgentError ? { message: error.message } : {}),
  })
}

/** The same events, each made by work that is done in its surroundings: what the code behind them begins becomes part of their span. */
export function bindIterable<T>(
  surround: <R>(work: () => R) => R,
  iterate: () => AsyncIterable<T>,
): AsyncIterable<T> {
  const iterator = surround(() => iterate()[Symbol.asyncIterator]())
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => surround(() => iterator.next()),
      return: (value) => surround(() => iterator.return?.(value) ?? Promise.resolve({ done: true, value })),
    }),
  }
}
