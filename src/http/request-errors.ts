import { AgentError, type Issue } from '../core/errors.js'

/** An error about one field of a request. */
export function createFieldError(path: string, message: string): AgentError {
  return new AgentError('invalid_request', `${path}: ${message}`, { issues: [{ path, message }] })
}

/** An error that lists everything wrong with a request. */
export function createRequestError(issues: readonly Issue[]): AgentError {
  const detail = issues.map(({ path, message }) => `${path === '' ? 'body' : path}: ${message}`).join('; ')
  return new AgentError('invalid_request', detail, { issues })
}
