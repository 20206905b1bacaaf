/** True when a route value fits. */
export type RouteConstraint = (value: string) => boolean

const integer = /^[+-]?\d+$/
const real = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const guid =
  /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[{(][0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[})])$/i

function isBetween(value: string, least: bigint, most: bigint): boolean {
  if (!integer.test(value)) return false
  const number = BigInt(value.replace('+', ''))
  return number >= least && number <= most
}

function isFileName(value: string): boolean {
  const name = value.slice(value.lastIndexOf('/') + 1)
  const dot = name.indexOf('.')
  return dot >= 0 && /[^.]/.test(name.slice(dot))
}

const int64Limit = 2n ** 63n

/** ASP.NET Core's inline constraints, by name, from their arguments. */
const constraints: Readonly<Record<string, (...args: string[]) => RouteConstraint>> = {
  int: () => (value) => isBetween(value, -(2n ** 31n), 2n ** 31n - 1n),
  long: () => (value) => isBetween(value, -int64Limit, int64Limit - 1n),
  bool: () => (value) => /^(?:true|false)$/i.test(value),
  datetime: () => (value) => !Number.isNaN(Date.parse(value)),
  decimal: () => (value) => real.test(value) && !/e/i.test(value),
  double: () => (value) => real.test(value),
  float: () => (value) => real.test(value),
  guid: () => (value) => guid.test(value),
  alpha: () => (value) => /^[a-z]*$/i.test(value),
  required: () => (value) => value !== '',
  file: () => isFileName,
  nonfile: () => (value) => !isFileName(value),
  minlength: (least) => (value) => value.length >= Number(least),
  maxlength: (most) => (value) => value.length <= Number(most),
  length:
    (least, most = least) =>
    (value) =>
      value.length >= Number(least) && value.length <= Number(most),
  min:
    (least = '0') =>
    (value) =>
      isBetween(value, BigInt(least), int64Limit - 1n),
  max:
    (most = '0') =>
    (value) =>
      isBetween(value, -int64Limit, BigInt(most)),
  range:
    (least = '0', most = '0') =>
    (value) =>
      isBetween(value, BigInt(least), BigInt(most)),
  regex: (...parts) => {
    const expression = new RegExp(parts.join(','), 'i')
    return (value) => expression.test(value)
  },
}

/** How many whole numbers those take that take any. */
const numberCounts: Readonly<Record<string, readonly number[]>> = {
  minlength: [1],
  maxlength: [1],
  length: [1, 2],
  min: [1],
  max: [1],
  range: [2],
}

/**
 * The check that a constraint's text asks for, e.g. `int`, `length(1,5)`, `regex(^a)`.
 * @throws {Error} for a name that ASP.NET Core does not know, and for arguments that are not the numbers that it takes.
 */
export function createConstraint(text: string): RouteConstraint {
  const [, name = '', args] = /^([^(]*)(?:\((.*)\))?$/s.exec(text) ?? []
  const create = Object.hasOwn(constraints, name.toLowerCase()) ? constraints[name.toLowerCase()] : undefined
  if (create === undefined) {
    throw new Error(`The constraint reference '${name}' could not be resolved to a type.`)
  }
  // A comma inside a regular expression is part of it: only the spaces around other arguments are not.
  const parts = args === undefined ? [] : args.split(',')
  if (name.toLowerCase() === 'regex') return create(...parts)
  const trimmed = parts.map((part) => part.trim())
  checkNumbers(text, trimmed, numberCounts[name.toLowerCase()])
  return create(...trimmed)
}

/** At the start already: whoever asks for a path is not to find out. */
function checkNumbers(text: string, args: readonly string[], counts: readonly number[] | undefined): void {
  if (counts === undefined || (counts.includes(args.length) && args.every((arg) => integer.test(arg)))) return
  const wanted = counts.length === 1 && counts[0] === 1 ? 'whole number' : 'whole numbers'
  throw new Error(`The constraint '${text}' needs ${counts.join(' or ')} ${wanted}.`)
}
