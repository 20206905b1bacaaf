import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { hasCode } from '../../core/errors.js'
import { createTextMessage } from '../../core/messages.js'
import { genAi, unknownProvider } from '../../model/telemetry/attributes.js'
import { capturesContent } from '../../model/telemetry/content-capture.js'
import { toInputAttributes, toOutputAttributes } from '../../model/telemetry/message-parts.js'
import { withShared } from '../../model/telemetry/shared-attributes.js'
import { endSpan, markFailed, startSpan } from '../../model/telemetry/tracing.js'
import type { RunEvent } from '../../run/events.js'
import { fold, type RunState, toNextExecution } from '../../run/fold.js'
import { toCutOff } from '../../run/to-response.js'
import type { ObservedRun, RunObserver } from './observed-run.js'
import { findRunPlace } from './run-place.js'
import { toTraceContext } from './trace-context.js'

/**
 * Executes a run in a span `invoke_agent <agent>` (semantic conventions 1.41.0, "Invoke agent internal span"). A run that
 * is parked or cut off has one for each execution; all of them are of the same trace, and none lasts while nobody works.
 */
export async function traceRun(
  run: ObservedRun,
  execute: (observer: RunObserver) => Promise<RunState>,
): Promise<RunState> {
  const { parent, links } = findRunPlace(run)
  const before = fold(run.events)
  const shared = toSharedAttributes(run)
  const name = `invoke_agent ${run.agent.name}`
  const attributes = { ...shared, ...toStartAttributes(run, before) }
  const span = startSpan({ name, kind: SpanKind.INTERNAL, attributes, links }, parent)
  const own = { trace: toTraceContext(span.spanContext()), note: (event: RunEvent) => noteEvent(span, event) }
  try {
    const here = trace.setSpan(parent, span)
    const state = await withShared(shared, () => context.with(here, () => execute(own)))
    if (span.isRecording()) tellEnd(span, before, state)
    return state
  } catch (error) {
    if (hasCode(error, 'fenced')) span.setAttribute('durable_agent.run.outcome', 'fenced')
    else markFailed(span, error)
    throw error
  } finally {
    endSpan(span)
  }
}

/** What the spans of model calls and tools repeat: they may be looked for without their run. */
function toSharedAttributes({ agent, sessionId, correlationId }: ObservedRun): Attributes {
  return {
    [genAi.agentName]: agent.name,
    ...(sessionId === undefined ? {} : { [genAi.conversation]: sessionId }),
    'durable_agent.run.id': correlationId,
  }
}

function toStartAttributes({ agent: { client }, events }: ObservedRun, before: RunState): Attributes {
  const { epoch, attempt } = toNextExecution(before)
  return {
    [genAi.operation]: 'invoke_agent',
    [genAi.provider]: client.provider ?? unknownProvider,
    [genAi.requestModel]: client.model,
    ...(events.length > 0 && {
      'durable_agent.run.epoch': epoch,
      'durable_agent.run.attempt': attempt,
      'durable_agent.run.resumed': epoch > 1,
    }),
  }
}

function noteEvent(span: Span, event: RunEvent): void {
  if (event.type === 'approval.requested') {
    const { name, callId, reason } = event.data
    span.addEvent('durable_agent.approval.requested', {
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.id': callId,
      'durable_agent.approval.reason': reason,
    })
  } else if (event.type === 'approval.decided') {
    span.addEvent('durable_agent.approval.decided', {
      'durable_agent.approval.decision': event.data.decision,
    })
  } else if (event.type === 'run.steered') {
    span.addEvent('durable_agent.run.steered', { 'durable_agent.run.id': event.data.run })
  }
}

function tellEnd(span: Span, before: RunState, state: RunState): void {
  const { usage, outcome, parked } = state
  span.setAttributes({
    'durable_agent.run.outcome': toOutcomeName(state),
    [genAi.inputTokens]: usage.inputTokens - before.usage.inputTokens,
    [genAi.outputTokens]: usage.outputTokens - before.usage.outputTokens,
    ...(parked === undefined ? {} : { 'durable_agent.run.parked_for': parked }),
    ...(capturesContent() ? toContentAttributes(state) : {}),
  })
  if (outcome?.type !== 'run.failed') return
  span.setAttribute('error.type', outcome.data.code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.data.detail })
}

/** How an execution of a run ended: `completed`, `failed`, `cancelled`, `joined` another run, or `parked`. */
function toOutcomeName({ outcome, joined }: Pick<RunState, 'outcome' | 'joined'>): string {
  if (outcome !== undefined) return outcome.type.replace('run.', '')
  return joined === undefined ? 'parked' : 'joined'
}

function toContentAttributes(state: RunState): Attributes {
  const { request, outcome } = state
  const input = toInputAttributes(request?.messages ?? [])
  if (outcome?.type !== 'run.completed') return input
  const message = createTextMessage('assistant', outcome.data.response)
  return { ...input, ...toOutputAttributes({ message, finishReason: toCutOff(state) ?? 'stop' }) }
}
