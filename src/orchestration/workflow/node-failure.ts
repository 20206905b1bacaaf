import { AgentError, type AgentErrorCode, toErrorMessage } from '../../core/errors.js'
import type { NodeError } from './workflow-node.js'

/** Ends a workflow because of one of its nodes. */
export class NodeFailure extends AgentError {
  override readonly name = 'NodeFailure'
  /** The path to the node. */
  readonly node: string

  constructor({ node, code, message }: NodeError, cause?: unknown) {
    super(code, message, { cause })
    this.node = node
  }
}

/** Calls one of a node's pure functions; what it throws is the node's failure. */
export function callPure<T>(node: string, part: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    const code: AgentErrorCode = cause instanceof AgentError ? cause.code : 'internal'
    throw new NodeFailure({ node, code, message: `${part} threw: ${toErrorMessage(cause)}` }, cause)
  }
}
