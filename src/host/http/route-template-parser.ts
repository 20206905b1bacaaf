/** A parameter of a route template. */
export interface RouteParameter {
  readonly name: string
  readonly isCatchAll: boolean
  readonly isOptional: boolean
  readonly defaultValue: string | undefined
  /** As written: `int`, `length(1,5)`. */
  readonly constraints: readonly string[]
}

/** What stands between two slashes: literal text and parameters in turn. */
export type RouteSegment = readonly (string | RouteParameter)[]

/** Splits a template into segments. @throws {Error} naming what ASP.NET Core's template parser would refuse. */
export function parseRouteSegments(text: string): readonly RouteSegment[] {
  if (text === '') return []
  if (text.startsWith('~')) throw new Error(`The route template '${text}' cannot start with '~'.`)
  const segments = splitSegments(text).map((segment) => parseSegment(segment, text))
  checkParameters(segments, text)
  return segments
}

/** Slashes inside braces belong to a constraint's expression. */
function splitSegments(text: string): readonly string[] {
  const segments: string[] = []
  let current = ''
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '{' && text.charAt(index + 1) !== '{') {
      const end = findParameterEnd(text, index)
      current += text.slice(index, end + 1)
      index = end
    } else if (character === '/') {
      segments.push(current)
      current = ''
    } else if (character === '{') {
      current += '{{'
      index++
    } else current += character
  }
  return [...segments, current]
}

/** Position of the closing brace of the parameter that opens at `start`; doubled braces are text. */
function findParameterEnd(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const character = text.charAt(index)
    const isDoubled = text.charAt(index + 1) === character
    if ((character === '{' || character === '}') && isDoubled) index++
    else if (character === '}') return index
  }
  throw new Error(`There is an incomplete parameter in the route template '${text}'.`)
}

function parseSegment(segment: string, text: string): RouteSegment {
  if (segment === '') {
    throw new Error(
      `The route template separator character '/' cannot appear consecutively in '${text}'. It must be separated by either a parameter or a literal value.`,
    )
  }
  const parts: (string | RouteParameter)[] = []
  let literal = ''
  for (let index = 0; index < segment.length; index++) {
    const character = segment.charAt(index)
    const isDoubled = segment.charAt(index + 1) === character
    if (character === '{' && !isDoubled) {
      if (literal !== '') parts.push(literal)
      else if (index > 0) throw new Error(`Two parameters must have a literal between them in '${text}'.`)
      literal = ''
      const end = findParameterEnd(segment, index)
      parts.push(parseParameter(segment.slice(index + 1, end), text))
      index = end
    } else if (character === '?') {
      throw new Error(
        `The literal section '${segment}' is invalid. Literal sections cannot contain the '?' character.`,
      )
    } else {
      literal += character
      if ((character === '{' || character === '}') && isDoubled) index++
    }
  }
  if (literal !== '') parts.push(literal)
  return parts
}

function parseParameter(source: string, text: string): RouteParameter {
  const stars = /^\*{0,2}/.exec(source)?.[0] ?? ''
  const unescaped = source.slice(stars.length).replaceAll('{{', '{').replaceAll('}}', '}')
  const name = /^[^:=?]*/.exec(unescaped)?.[0] ?? ''
  if (name === '' || /[/{}*]/.test(name)) {
    throw new Error(`The route parameter name '${name}' is invalid in '${text}'.`)
  }
  const { constraints, rest } = readConstraints(unescaped.slice(name.length))
  const isOptional = rest.endsWith('?')
  const defaultValue = rest.startsWith('=') ? rest.slice(1) : undefined
  if (isOptional && defaultValue !== undefined) {
    throw new Error(`The optional parameter '${name}' cannot have a default value in '${text}'.`)
  }
  if (isOptional && stars !== '')
    throw new Error(`A catch-all parameter cannot be marked optional in '${text}'.`)
  return { name, isCatchAll: stars !== '', isOptional, defaultValue, constraints }
}

/** A constraint's arguments end at the parenthesis that is followed by another constraint, a default, `?` or the end. */
function readConstraints(source: string): { constraints: readonly string[]; rest: string } {
  const constraints: string[] = []
  let rest = source
  while (rest.startsWith(':')) {
    const found = /^:([^:=?(]*(?:\(.*?\)(?=$|[:=]|\?$))?)/s.exec(rest)
    if (found === null || found[1] === undefined) break
    if (found[1] !== '') constraints.push(found[1])
    rest = rest.slice(found[0].length)
  }
  return { constraints, rest }
}

function checkParameters(segments: readonly RouteSegment[], text: string): void {
  const names = new Set<string>()
  for (const [position, segment] of segments.entries()) {
    for (const [index, part] of segment.entries()) {
      if (typeof part === 'string') continue
      const key = part.name.toLowerCase()
      if (names.has(key)) {
        throw new Error(
          `The route parameter name '${part.name}' appears more than one time in the route template '${text}'.`,
        )
      }
      names.add(key)
      const isLast = position === segments.length - 1
      if (part.isCatchAll && (!isLast || segment.length > 1)) {
        throw new Error(
          `A catch-all parameter can only appear as the last segment of the route template '${text}'.`,
        )
      }
      if (part.isOptional && segment.length > 1 && !isOptionalExtension(segment, index)) {
        throw new Error(
          `The optional parameter '${part.name}' must be preceded by a '.' and be last in its segment in '${text}'.`,
        )
      }
    }
  }
}

function isOptionalExtension(segment: RouteSegment, index: number): boolean {
  const before = segment[index - 1]
  return index === segment.length - 1 && typeof before === 'string' && before.endsWith('.')
}
