import { AgentError, type AgentErrorCode, type AgentErrorOptions } from '../../../core/errors.js'
import { type Problem, toProblem } from '../../../core/problem.js'
import { type Answer, createJsonAnswer, toRetryHeaders } from '../../answers.js'

/** The protocol's reasons for errors, with their JSON-RPC codes. Source: JSON-RPC 2.0, section 5.1; A2A 1.0, section 5.4. */
const rpcCodes = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  TASK_NOT_FOUND: -32001,
  TASK_NOT_CANCELABLE: -32002,
  PUSH_NOTIFICATION_NOT_SUPPORTED: -32003,
  UNSUPPORTED_OPERATION: -32004,
  VERSION_NOT_SUPPORTED: -32009,
  /** Ours: the address names no agent. */
  AGENT_NOT_FOUND: -32600,
} as const

export type A2aReason = keyof typeof rpcCodes

/** An error for which A2A has a word of its own. */
export class A2aError extends AgentError {
  readonly reason: A2aReason

  constructor(reason: A2aReason, code: AgentErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(code, message, options)
    this.reason = reason
  }
}

/** What is said of tasks that there are none of, and of those of others. */
export function createTaskNotFoundError(taskId: string): A2aError {
  return new A2aError('TASK_NOT_FOUND', 'not_found', `There is no task "${taskId.slice(0, 500)}".`)
}

/** The id that a request gave itself. Source: JSON-RPC 2.0, section 4. */
export type RpcId = string | number | null

/** An error as JSON-RPC tells it. Source: JSON-RPC 2.0, section 5.1. */
export interface RpcError {
  readonly code: number
  readonly message: string
  /** What it is, with our own code among the metadata; then, for wrong input, where. Source: A2A 1.0, section 9.5; `google.rpc.ErrorInfo`, `google.rpc.BadRequest`. */
  readonly data: readonly object[]
}

/** Whatever was thrown, in the protocol's words. */
export function toRpcError(error: unknown): RpcError {
  const problem = toProblem(error)
  const reason = error instanceof A2aError ? error.reason : toReason(problem)
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'a2a-protocol.org',
    metadata: { code: problem.code },
  }
  return { code: rpcCodes[reason], message: problem.detail, data: [info, ...toViolations(problem)] }
}

function toReason({ code, status }: Problem): A2aReason {
  if (code === 'not_found') return 'TASK_NOT_FOUND'
  if (code === 'run_joined') return 'TASK_NOT_CANCELABLE'
  if (code === 'approval_already_decided') return 'UNSUPPORTED_OPERATION'
  if (isAboutTransport(status)) return 'INVALID_REQUEST'
  return status < 500 && status !== 429 ? 'INVALID_PARAMS' : 'INTERNAL_ERROR'
}

function toViolations({ issues = [] }: Problem): readonly object[] {
  if (issues.length === 0) return []
  const fieldViolations = issues.map(({ path, message }) => ({ field: path, description: message }))
  return [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }]
}

/**
 * The answer to whatever went wrong before or beside a stream. It has status 200, as many clients look into no other; but
 * callers who are not known, addresses that name no agent, and bodies that were not read, have their true one.
 */
export function toA2aErrorAnswer(error: unknown, id: RpcId = null): Answer {
  const { status } = toProblem(error)
  const isTrue = isAboutTransport(status) || (error instanceof A2aError && error.reason === 'AGENT_NOT_FOUND')
  const body = { jsonrpc: '2.0', id, error: toRpcError(error) }
  return createJsonAnswer(body, isTrue ? status : 200, toRetryHeaders(error))
}

function isAboutTransport(status: number): boolean {
  return status === 401 || status === 413 || status === 415
}
