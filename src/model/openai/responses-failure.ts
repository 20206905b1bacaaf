import { AgentError } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'
import { toWord } from '../provider-errors.js'

/**
 * Why a response came to nothing, by its `error`. Security: the provider's text is left out, as it may repeat the prompt.
 * Wire: OpenAI API reference, "The response object", `error.code`, and the streaming event "error".
 */
export function toResponseFailure(error: JsonObject | undefined): AgentError {
  const code = toWord(error?.code) ?? 'no reason given'
  const message = `The model server broke off its answer (${code}).`
  if (code.startsWith('rate_limit')) return new AgentError('rate_limited', message, { retryable: true })
  return new AgentError('model_error', message, { retryable: isPassing(code) })
}

// What is wrong with the prompt or with an image in it stays wrong.
function isPassing(code: string): boolean {
  return code === 'server_error' || code === 'no reason given' || code.endsWith('_timeout')
}

/** A response that somebody has cancelled at the provider. */
export function createCancelledError(): AgentError {
  return new AgentError('model_error', 'The response was cancelled at the model server.')
}

/** A response that is no longer kept: another one has to be asked for. */
export function createForgottenError(): AgentError {
  return new AgentError('model_error', 'The model server no longer has the response.', { retryable: true })
}

/** An error for an answer that cannot be read; it may well be readable the next time. */
export function createMalformedResponseError(): AgentError {
  const message = 'The model server sent an answer that is no Responses answer.'
  return new AgentError('model_error', message, { retryable: true })
}

/** An error for a stream that ended without saying how. */
export function createUnfinishedResponseError(): AgentError {
  const message = 'The model server ended its answer without finishing it.'
  return new AgentError('model_error', message, { retryable: true })
}
