import { AgentError, type Issue, toIssueText } from '../core/errors.js'

/** An error about one field of a request. */
export function createFieldError(path: string, message: string): AgentError {
  return new AgentError('invalid_request', `${path}: ${message}`, { issues: [{ path, message }] })
}

/** An error that lists everything wrong with a request. */
export function createRequestError(issues: readonly Issue[]): AgentError {
  return new AgentError('invalid_request', toIssueText(issues, 'body'), { issues })
}

/** An error about a decision that comes after another one. */
export function createDecidedError(approvalId: string): AgentError {
  return new AgentError('approval_already_decided', `Approval "${approvalId}" has been decided already.`)
}
