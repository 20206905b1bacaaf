import { createFieldError } from './request-errors.js'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get in
const forbidden = /[/\\#?@\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u

/**
 * Checks an id that becomes part of paths, entity keys and file names.
 * Security: `.`, `..` and `$` are legal characters but name other things in URLs and in the Durable extension's API.
 * @throws {AgentError} `invalid_request` naming the field.
 */
export function parseId(field: string, text: string, maxLength: number): string {
  if (text.trim() === '') throw createFieldError(field, 'must not be blank')
  if (text.length > maxLength)
    throw createFieldError(field, `must have at most ${maxLength} characters, not ${text.length}`)
  if (forbidden.test(text)) throw createFieldError(field, 'must not contain / \\ # ? @ or control characters')
  if (text === '.' || text === '..' || text === '$') throw createFieldError(field, `must not be "${text}"`)
  return text
}

/** A session id: 1-200 characters. */
export function parseSessionId(text: string, field = 'sessionId'): string {
  return parseId(field, text, 200)
}

/** A correlation id: 1-128 characters. */
export function parseCorrelationId(text: string, field = 'correlationId'): string {
  return parseId(field, text, 128)
}
