import type { z } from 'zod'
import { toIssues } from '../core/zod-issues.js'
import { createRequestError } from './request-errors.js'

/** A part of a request in the shape that its schema gives it. @throws {AgentError} `invalid_request` naming all that is wrong, each by its path below `path`. */
export function parseShape<T>(schema: z.ZodType<T>, value: unknown, path: readonly string[] = []): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))
  throw createRequestError(issues.flatMap(toIssues))
}
