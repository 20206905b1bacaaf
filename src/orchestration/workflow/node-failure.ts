import { AgentError } from '../../core/errors.js'
import { type JsonObject, toJsonValue } from '../../core/json.js'
import { isRetryable, isRetryableCode } from '../../core/problem.js'
import type { NodeError } from './node-context.js'

/** Ends a workflow because of one of its nodes. */
export class NodeFailure extends AgentError {
  override readonly name = 'NodeFailure'
  /** The path to the node. */
  readonly node: string

  constructor(error: NodeError, cause?: unknown) {
    super(error.code, error.message, { cause, retryable: isRetryable(error) })
    this.node = error.node
  }
}

/** What is told of a node's failure. */
export function toNodeError(error: NodeError): NodeError {
  const { node, code, message } = error
  const retryable = isRetryable(error)
  return { node, code, message, ...(retryable === isRetryableCode(code) ? {} : { retryable }) }
}

/** What callers are told of a failure that nobody foresaw. Security: its own text is for the log, it may quote anything. */
export const unexpected = 'an unexpected error; the log has the details'

/** Calls one of a node's pure functions; what it throws is the node's failure, and so is a promise, which no orchestrator can wait for. */
export function callPure<T>(node: string, part: string, call: () => T): T {
  const result = callOrFail(node, part, call)
  if (!(result instanceof Promise)) return result
  // Nobody will look at it: unhandled, its rejection would end the process, at every replay.
  result.catch(() => {})
  const message = `${part} gave a promise: it runs in the orchestrator, which cannot wait for it. What takes time belongs into a functionNode().`
  throw new NodeFailure({ node, code: 'invalid_configuration', message })
}

function callOrFail<T>(node: string, part: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    const known = cause instanceof AgentError
    const message = `${part} threw ${known ? `"${cause.message}"` : unexpected}.`
    throw new NodeFailure({ node, code: known ? cause.code : 'internal', message }, cause)
  }
}

/** The same for what becomes part of a message or a status: as it arrives wherever it goes, which is as JSON. */
export function callPureForJson(node: string, part: string, call: () => unknown): unknown {
  const result = callPure(node, part, call)
  return callPure(node, part, () => toJsonValue(result))
}

/** What a node's `remember` gives for the shared state; `undefined` when it gives nothing. */
export function callRemember(node: string, call: () => JsonObject | undefined): JsonObject | undefined {
  return (callPureForJson(node, 'Its remember', call) as JsonObject | null) ?? undefined
}
