import { AsyncLocalStorage } from 'node:async_hooks'

/** Why a tool call failed, as its span tells it. */
export interface ToolFailure {
  /** A name of few (semantic conventions, `error.type`). @default 'tool_error': no more is known */
  type?: string
}

const failures = new AsyncLocalStorage<ToolFailure>()

/** Executes a tool call whose failure is to be noted. */
export function withToolFailure<T>(failure: ToolFailure, execute: () => T): T {
  return failures.run(failure, execute)
}

/** Notes why the tool call that is executed here fails, if somebody traces it. */
export function noteToolFailure(type: string): void {
  const failure = failures.getStore()
  // Every error is an `Error`, those too that an MCP server tells of, which the conventions call `tool_error`.
  if (failure !== undefined) failure.type = type === 'Error' ? 'tool_error' : type
}
