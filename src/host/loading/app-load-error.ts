import { AgentError, toErrorMessage } from '../../core/errors.js'

/** The app's own code threw while it was loaded; `cause` is what it threw. */
export class AppLoadError extends AgentError {
  constructor(what: string, cause: unknown) {
    super('invalid_configuration', `${what}: ${toErrorMessage(cause)}`, { cause })
  }
}
