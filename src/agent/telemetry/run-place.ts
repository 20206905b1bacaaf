import { type Context, context, type Link, trace } from '@opentelemetry/api'
import type { TraceContext } from '../../core/trace-context.js'
import { isInnerRun } from '../../run/inner-run.js'
import type { ObservedRun } from './observed-run.js'
import { toContext, toSpanContext } from './trace-context.js'

/** Where in a trace one execution of a run stands. */
export interface RunPlace {
  readonly parent: Context
  /** Spans that it goes on from without standing below them. */
  readonly links: Link[]
}

/**
 * Where the next execution of a run belongs: into the trace that its request came with, or that its first execution
 * began, whoever goes on with it, and whenever. It is linked to the execution before it, and to what has woken it. One that
 * works for another run, or is kept nowhere, belongs below whatever is done here.
 */
export function findRunPlace({ events, correlationId }: ObservedRun): RunPlace {
  if (isInnerRun({ run: correlationId }) || events.length === 0)
    return { parent: context.active(), links: [] }
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
