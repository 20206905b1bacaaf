import { type Context, context, type Link, trace } from '@opentelemetry/api'
import type { TraceContext } from '../../core/trace-context.js'
import type { StoredEvent } from '../../run/events.js'
import { toContext, toSpanContext } from './trace-context.js'

/** Where in a trace one execution of a run stands. */
export interface RunPlace {
  readonly parent: Context
  /** Spans that it goes on from without standing below them. */
  readonly links: Link[]
}

/** Below whatever is done here. */
export function toPlaceHere(): RunPlace {
  return { parent: context.active(), links: [] }
}

/**
 * Where the next execution of a run belongs: into the trace that its request came with, or that its first execution
 * began, whoever goes on with it, and whenever. It is linked to the execution before it, and to what has woken it.
 */
export function toRecordedPlace(events: readonly StoredEvent[]): RunPlace {
  let kept: TraceContext | undefined
  let previous: TraceContext | undefined
  for (const event of events) {
    if (event.type === 'run.accepted') kept = event.data.trace
    else if (event.type === 'run.started') previous = event.data.trace ?? previous
    kept ??= previous
  }
  const parent = toContext(kept)
  const waker = trace.getSpanContext(context.active())
  const above = trace.getSpanContext(parent)
  const links = [previous && toSpanContext(previous), waker]
    .filter((one) => one !== undefined)
    .filter((one) => trace.isSpanContextValid(one) && one.spanId !== above?.spanId)
    .map((one) => ({ context: one }))
  return { parent, links }
}
