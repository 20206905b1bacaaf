import type { Issue } from './errors.js'

/** An issue as zod gives it, as far as we read it. */
interface SchemaIssue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
  /** Of a union: the issues with each of its members. */
  readonly errors?: readonly (readonly SchemaIssue[])[]
}

/** What a schema found wrong, each by its own path: unknown fields one by one, and of a union the member that came closest. */
export function toIssues(issue: SchemaIssue): readonly Issue[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({
      path: [...path, key].join('.'),
      message: 'is not a known field',
    }))
  }
  const closest = (issue.errors ?? []).toSorted((a, b) => toDepth(b) - toDepth(a))[0]
  if (closest === undefined || toDepth(closest) === 0)
    return [{ path: path.join('.'), message: issue.message }]
  return closest.flatMap((inner) => toIssues({ ...inner, path: [...issue.path, ...inner.path] }))
}

function toDepth(issues: readonly SchemaIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length))
}
