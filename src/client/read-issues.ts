import type { Issue } from '../core/errors.js'
import { isJsonObject } from '../core/json.js'

/** What is wrong with an input, as an app has told it; `undefined` when it has not. */
export function toIssues(value: unknown): readonly Issue[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.flatMap((issue) => {
    if (!isJsonObject(issue)) return []
    const { path, message } = issue
    return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : []
  })
}
