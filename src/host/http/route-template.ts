import { escapeExpression } from '../escape-expression.js'
import { createConstraint } from './route-constraints.js'
import { parseRouteSegments, type RouteParameter, type RouteSegment } from './route-template-parser.js'

/** A route template, ready to be matched against paths (Functions host: ASP.NET Core route templates). */
export interface RouteTemplate {
  /** As written, without slashes at its ends. */
  readonly text: string
  /** True when no part of it is a parameter. */
  readonly isLiteral: boolean
  /**
   * Values by parameter name for a path without its first slash, decoded by `decodePath`; undefined when it does not match.
   * Optional parameters that the path does not have are absent; a slash at its end is that of a catch-all, or counts for nothing.
   */
  match(path: string): Record<string, string> | undefined
}

/** Parses a template. @throws {Error} for one that ASP.NET Core would refuse, with the reason. */
export function parseRouteTemplate(template: string): RouteTemplate {
  const text = template.replace(/^\/|\/$/g, '')
  const segments = parseRouteSegments(text)
  const parameters = segments.flatMap((segment) => segment.filter((part) => typeof part !== 'string'))
  const checks = parameters.map((parameter) => parameter.constraints.map(createConstraint))
  const expression = new RegExp(`^${toSource(segments)}/?$`, 'i')
  return {
    text,
    isLiteral: parameters.length === 0,
    match(path) {
      const groups = expression.exec(path)
      if (groups === null) return undefined
      const values: Record<string, string> = {}
      for (const [index, parameter] of parameters.entries()) {
        const value = groups[index + 1] || parameter.defaultValue
        if (value === undefined) continue
        if (!checks[index]?.every((holds) => holds(value))) return undefined
        values[parameter.name] = value
      }
      return values
    },
  }
}

/** Segments from the back: what may be missing at the end nests, so that a later part never stands without the earlier. */
function toSource(segments: readonly RouteSegment[]): string {
  let source = ''
  let mayEnd = true
  for (const [index, segment] of [...segments.entries()].reverse()) {
    mayEnd &&= isOptionalSegment(segment)
    const slash = index === 0 ? '' : '/'
    source = mayEnd
      ? `(?:${slash}${toSegmentSource(segment)}${source})?`
      : `${slash}${toSegmentSource(segment)}${source}`
  }
  return source
}

function isOptionalSegment(segment: RouteSegment): boolean {
  const [part] = segment
  if (segment.length !== 1 || part === undefined || typeof part === 'string') return false
  return part.isOptional || part.isCatchAll || part.defaultValue !== undefined
}

function toSegmentSource(segment: RouteSegment): string {
  const last = segment.at(-1)
  const beforeLast = segment.at(-2)
  // `{name}.{ext?}`: without the last value, its full stop is missing too; with it, it is what follows the last one.
  if (isParameter(last) && last.isOptional && typeof beforeLast === 'string' && beforeLast.endsWith('.')) {
    const rest = [...segment.slice(0, -2), beforeLast.slice(0, -1)].filter((part) => part !== '')
    return `${rest.map((part) => toPartSource(part).replace('[^/]+', '[^/]+?')).join('')}(?:\\.([^/.]+))?`
  }
  return segment.map(toPartSource).join('')
}

function isParameter(part: string | RouteParameter | undefined): part is RouteParameter {
  return typeof part === 'object'
}

function toPartSource(part: string | RouteParameter): string {
  if (typeof part === 'string') return escapeExpression(part)
  return part.isCatchAll ? '([^]*)' : '([^/]+)'
}
