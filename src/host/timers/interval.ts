/**
 * Milliseconds of a .NET time span (TimeSpan.Parse): `hh:mm:ss`, `hh:mm`, `d.hh:mm:ss`, `d:hh:mm:ss` or `d`, and, where the first of
 * three numbers is no hour of a day, `d:hh:mm`. Undefined for any other text.
 */
export function parseIntervalMs(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d+(?::\d+){0,3})(?:\.(\d{1,7}))?$/.exec(text.trim())
  if (match === null) return undefined
  const [, dayText, clock = '', fraction = ''] = match
  const numbers = clock.split(':').map(Number)
  const parts = dayText === undefined ? withDays(numbers) : [Number(dayText), ...numbers]
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
  const hasFraction = fraction !== ''
  if (parts.length > 4 || (hasFraction && parts.length < 4)) return undefined
  if (dayText !== undefined && parts.length < 3) return undefined
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  return whole * 1000 + Math.floor(Number(`0.${fraction || '0'}`) * 1000)
}

function withDays(numbers: readonly number[]): readonly number[] {
  const [first = 0] = numbers
  const startsWithDays = numbers.length === 1 || numbers.length === 4 || (numbers.length === 3 && first > 23)
  return startsWithDays ? numbers : [0, ...numbers]
}
