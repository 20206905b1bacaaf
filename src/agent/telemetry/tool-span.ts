import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { toJsonText } from '../../core/json.js'
import { genAi } from '../../model/telemetry/attributes.js'
import { capturesContent } from '../../model/telemetry/content-capture.js'
import { readShared } from '../../model/telemetry/shared-attributes.js'
import { endSpan, isTracing, markFailed, startSpan } from '../../model/telemetry/tracing.js'
import type { ExecutionOutcome, ToolExecution } from '../loop/execute-tool.js'
import { type ToolFailure, withToolFailure } from './tool-failure.js'

/**
 * Executes a tool call in a span `execute_tool <tool>` (semantic conventions 1.41.0, "Execute tool span"), in which what
 * the tool itself calls is found.
 */
export async function traceTool(
  execution: ToolExecution,
  execute: () => Promise<ExecutionOutcome>,
): Promise<ExecutionOutcome> {
  if (!isTracing()) return execute()
  const name = `execute_tool ${execution.tool.name}`
  const span = startSpan({ name, kind: SpanKind.INTERNAL, attributes: toStartAttributes(execution) })
  const failure: ToolFailure = {}
  try {
    const here = trace.setSpan(context.active(), span)
    const outcome = await withToolFailure(failure, () => context.with(here, execute))
    if (span.isRecording()) tellOutcome(span, outcome, failure)
    return outcome
  } catch (error) {
    markFailed(span, error)
    throw error
  } finally {
    endSpan(span)
  }
}

function toStartAttributes({ tool, call, arguments: args }: ToolExecution): Attributes {
  return {
    [genAi.operation]: 'execute_tool',
    'gen_ai.tool.name': tool.name,
    'gen_ai.tool.call.id': call.callId,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.description': tool.declaration.description,
    ...readShared(),
    ...(call.attempt > 1 ? { 'durable_agent.tool.attempt': call.attempt } : {}),
    ...(capturesContent() ? { 'gen_ai.tool.call.arguments': toJsonText(args) } : {}),
  }
}

/** Security: a tool's error may hold anything, so that it is told only where contents are. */
function tellOutcome(span: Span, outcome: ExecutionOutcome, { type = 'tool_error' }: ToolFailure): void {
  if ('parked' in outcome) {
    span.setAttribute('durable_agent.tool.parked_for', outcome.parked)
  } else if ('error' in outcome) {
    span.setAttribute('error.type', type)
    const message = capturesContent() ? { message: outcome.error } : {}
    span.setStatus({ code: SpanStatusCode.ERROR, ...message })
  } else if (capturesContent()) {
    span.setAttribute('gen_ai.tool.call.result', toJsonText(outcome.result))
  }
}

/** Tells on the span of a run what became of a tool call that was cut off: whether it took effect was unknown. */
export function noteUnknownOutcome(tool: string, callId: string, resolution: string): void {
  trace.getActiveSpan()?.addEvent('durable_agent.tool.outcome_unknown', {
    'gen_ai.tool.name': tool,
    'gen_ai.tool.call.id': callId,
    'durable_agent.tool.resolution': resolution,
  })
}
