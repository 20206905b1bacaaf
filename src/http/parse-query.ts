import { createFieldError, createRequestError } from './request-errors.js'

const truths = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
])

/** A yes or no from a header or the query; `undefined` when absent. @throws {AgentError} `invalid_request` naming the field. */
export function parseFlag(name: string, text: string | null): boolean | undefined {
  if (text === null) return undefined
  const value = truths.get(text.trim().toLowerCase())
  if (value === undefined) throw createFieldError(name, `must be true or false, not "${text}"`)
  return value
}

/** A whole number from the query; `undefined` when absent. @throws {AgentError} `invalid_request` naming the field. */
export function parseCount(
  query: URLSearchParams,
  name: string,
  range: { min: number; max: number },
): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= range.min && value <= range.max) return value
  throw createFieldError(name, `must be a whole number from ${range.min} to ${range.max}, not "${text}"`)
}

/** Refuses query parameters that mean nothing here: a mistyped one would be silently without effect. */
export function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  const unknown = [...new Set(query.keys())].filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw createRequestError(unknown.map((path) => ({ path, message: 'is not a known query parameter' })))
}
