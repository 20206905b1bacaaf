import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { isNeverConnected } from '../never-connected.js'

/** Failures that arise on our side before anything is sent. */
const localFailures = new Set<SdkErrorCode>([
  SdkErrorCode.NotConnected,
  SdkErrorCode.NotInitialized,
  SdkErrorCode.CapabilityNotSupported,
  SdkErrorCode.MethodNotSupportedByProtocolVersion,
])

/** Failures that show that the server has answered. */
const answered = new Set<SdkErrorCode>([SdkErrorCode.InvalidResult, SdkErrorCode.UnsupportedResultType])

/**
 * Whether a call failed in a way that leaves open if the tool took effect. Only what is certain is certain: an answer of
 * the server's, a request that it refused, and a connection that was never made.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof AgentError || isRefusal(error)) return false
  if (ProtocolError.isInstance(error)) return error.code === streamLost
  if (SdkError.isInstance(error)) return !localFailures.has(error.code) && !answered.has(error.code)
  return !isNeverConnected(error)
}

/** Whether the server no longer knows the session that the request was sent in; it has not looked at the request then. */
export function isSessionGone(error: unknown): boolean {
  return SdkHttpError.isInstance(error) && (error.status === 404 || error.status === 400)
}

/** What a server could not be connected for. Trying again helps unless it was refused, by the server or by us. */
export function toConnectError(server: string, cause: unknown): AgentError {
  const ours = findCause(cause)
  if (ours !== undefined) return ours
  return new AgentError(
    'tools_unavailable',
    `MCP server "${server}" cannot be reached: ${toErrorMessage(cause)}`,
    { cause, retryable: !isRefusal(cause) },
  )
}

/** What a server that is connected did not list its tools for. Its own words are left out: whoever asks the agent is told of this. */
export function toListError(server: string, cause: unknown): AgentError {
  const ours = findCause(cause)
  if (ours !== undefined) return ours
  const message = `MCP server "${server}" ${describeListFailure(cause)}.`
  return new AgentError('tools_unavailable', message, { cause, retryable: isLost(cause) })
}

function describeListFailure(error: unknown): string {
  if (isLost(error)) return 'was lost while it listed its tools'
  if (SdkHttpError.isInstance(error)) return `refuses to list its tools (HTTP ${error.status})`
  if (ProtocolError.isInstance(error)) return `refuses to list its tools (code ${error.code})`
  const isSilent = SdkError.isInstance(error) && error.code === SdkErrorCode.RequestTimeout
  return isSilent ? 'did not list its tools in time' : 'lists tools that cannot be read'
}

/** Whether it was the connection that failed, or what stands in front of the server. */
function isLost(error: unknown): boolean {
  if (SdkHttpError.isInstance(error)) return error.status >= 500
  if (ProtocolError.isInstance(error)) return error.code === streamLost
  if (!SdkError.isInstance(error)) return error instanceof Error && 'code' in error
  return error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.SendFailed
}

/** Our own error, which the client may have wrapped. */
function findCause(error: unknown): AgentError | undefined {
  if (error instanceof AgentError) return error
  return error instanceof Error ? findCause(error.cause) : undefined
}

function isRefusal(error: unknown): boolean {
  return SdkHttpError.isInstance(error) && error.status >= 400 && error.status < 500
}

/** JSON-RPC code (of the range for implementations) of the answers that stand in for those that a broken stream did not bring. */
export const streamLost = -32099
