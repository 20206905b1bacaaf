/** What one field of an NCRONTAB expression may hold. */
export interface FieldRange {
  /** As error messages call it. */
  readonly label: string
  readonly least: number
  readonly most: number
  /** English names of the values, from the least one on; any beginning of a name stands for it. */
  readonly names?: readonly string[]
}

const months = 'January February March April May June July August September October November December'
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'

/** The six fields in their order. Unlike in cron, Sunday is 0 only. */
export const fieldRanges = {
  seconds: { label: 'Second', least: 0, most: 59 },
  minutes: { label: 'Minute', least: 0, most: 59 },
  hours: { label: 'Hour', least: 0, most: 23 },
  days: { label: 'Day', least: 1, most: 31 },
  months: { label: 'Month', least: 1, most: 12, names: months.split(' ') },
  weekdays: { label: 'DayOfWeek', least: 0, most: 6, names: weekdays.split(' ') },
} as const satisfies Readonly<Record<string, FieldRange>>

/**
 * The values that a field allows, ascending: `*`, `5`, `MON`, `1-5`, each with a step `/n`, and lists of these (NCrontab: field
 * expressions). As there, a range written backwards is turned round, and a single value with a step goes on to the end.
 * @throws {Error} naming the part that is wrong.
 */
export function parseField(text: string, range: FieldRange): readonly number[] {
  const values = new Set(text.split(',').flatMap((part) => parsePart(part, range)))
  return [...values].sort((a, b) => a - b)
}

function parsePart(part: string, range: FieldRange): readonly number[] {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part)
  if (match === null) throw new Error(`'${part}' is not a valid [${range.label}] crontab field expression.`)
  const [, star, from = '', to, step] = match
  const increment = Math.max(1, Number(step ?? 1))
  if (star !== undefined) return toValues(range.least, range.most, increment)
  const first = parseValue(from, range)
  if (to === undefined) return toValues(first, step === undefined ? first : range.most, increment)
  const last = parseValue(to, range)
  return toValues(Math.min(first, last), Math.max(first, last), increment)
}

function toValues(first: number, last: number, increment: number): readonly number[] {
  return Array.from({ length: Math.floor((last - first) / increment) + 1 }, (_, n) => first + n * increment)
}

function parseValue(text: string, range: FieldRange): number {
  const { label, least, most } = range
  const value = /^\d+$/.test(text) ? Number(text) : parseName(text, range)
  if (value >= least && value <= most) return value
  const side = value < least ? 'lower than the minimum' : 'higher than the maximum'
  throw new Error(
    `${text} is ${side} allowable value for the [${label}] field. Value must be between ${least} and ${most} (all inclusive).`,
  )
}

function parseName(text: string, { label, least, most, names }: FieldRange): number {
  if (names === undefined) {
    throw new Error(
      `'${text}' is not a valid [${label}] crontab field value. It must be a numeric value between ${least} and ${most} (all inclusive).`,
    )
  }
  const index = names.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase()))
  if (index >= 0) return least + index
  throw new Error(`'${text}' is not a known value name. Use one of the following: ${names.join(', ')}.`)
}
