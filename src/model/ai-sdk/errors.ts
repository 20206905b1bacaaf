import { AgentError } from '../../core/errors.js'
import { readObject } from '../../core/json.js'
import { toFailureError, toModelError, toWord } from '../provider-errors.js'

/**
 * What went wrong in a call of an AI SDK language model, with the provider's word on whether to try again.
 * Security: the AI SDK's errors carry the whole request and answer; none of that is kept.
 * Interface: the error classes of `@ai-sdk/provider`, recognised by their names.
 */
export function toAISDKError(error: unknown): AgentError {
  if (!(error instanceof Error) || !error.name.startsWith('AI_')) return toModelError(error)
  if (error.name === 'AI_APICallError') return toCallError(error)
  if (error.name === 'AI_LoadAPIKeyError' || error.name === 'AI_LoadSettingError') {
    const message =
      'The model provider has no API key or lacks a setting. Pass it where the provider is created.'
    return new AgentError('invalid_configuration', message)
  }
  const what = error.name.slice('AI_'.length)
  if (unreadable.includes(error.name)) {
    const message = `The model provider could not read the model's answer (${what}).`
    return new AgentError('model_error', message, { retryable: true })
  }
  return new AgentError('model_error', `The model provider cannot serve this request (${what}).`)
}

const unreadable: readonly string[] = [
  'AI_EmptyResponseBodyError',
  'AI_InvalidResponseDataError',
  'AI_JSONParseError',
  'AI_NoContentGeneratedError',
  'AI_TypeValidationError',
]

function toCallError(error: Error): AgentError {
  const { statusCode, isRetryable, responseHeaders, data } = error as Error & Record<string, unknown>
  // Without a status nobody has answered, or what came was no answer.
  if (typeof statusCode !== 'number') return toModelError(error.cause)
  if (statusCode < 400) return toModelError(new SyntaxError())
  const headers = toHeaders(responseHeaders)
  const requestId = toWord(headers.get('x-request-id') ?? undefined)
  const failure = toFailureError({ status: statusCode, code: readCode(data), requestId, headers })
  const { code, message, retryAfterMs } = failure
  return new AgentError(code, message, {
    retryable: failure.retryable && isRetryable !== false,
    retryAfterMs,
  })
}

function readCode(data: unknown): string | undefined {
  const error = readObject(readObject(data)?.error)
  return toWord(error?.code) ?? toWord(error?.type)
}

function toHeaders(value: unknown): Headers {
  const headers = new Headers()
  for (const [name, text] of Object.entries(readObject(value) ?? {}))
    if (typeof text === 'string') headers.set(name, text)
  return headers
}
