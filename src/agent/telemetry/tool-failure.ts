import { type Context, context, createContextKey } from '@opentelemetry/api'

const failureKey = createContextKey('durable-agent-functions: failure of a tool')

/** Why a tool call failed, as its span tells it. */
export interface ToolFailure {
  /** A name of few (semantic conventions, `error.type`). @default 'tool_error': no more is known */
  type?: string
}

/** A context in which a tool call is executed whose failure is to be noted. */
export function withToolFailure(failure: ToolFailure, base: Context): Context {
  return base.setValue(failureKey, failure)
}

/** Notes why the tool call that is executed here fails, if somebody traces it. */
export function noteToolFailure(type: string): void {
  const failure = context.active().getValue(failureKey) as ToolFailure | undefined
  // Every error is an `Error`, those too that an MCP server tells of, which the conventions call `tool_error`.
  if (failure !== undefined) failure.type = type === 'Error' ? 'tool_error' : type
}
