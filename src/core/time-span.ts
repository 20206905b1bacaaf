/**
 * Milliseconds of a .NET time span (TimeSpan.Parse): `hh:mm:ss`, `hh:mm`, `d.hh:mm:ss`, `d:hh:mm:ss` or `d`, and, where the first of
 * three numbers is no hour of a day, `d:hh:mm`. Undefined for any other text.
 */
export function parseTimeSpanMs(text: string): number | undefined {
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

/** The span as .NET prints it: `00:30:00`, with days in front and a fraction behind where there are any. */
export function formatTimeSpan(ms: number): string {
  const pad = (value: number, width = 2): string => String(Math.floor(value)).padStart(width, '0')
  const seconds = ms / 1000
  const days = Math.floor(seconds / 86_400)
  const clock = `${pad((seconds / 3600) % 24)}:${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`
  const fraction = ms % 1000 === 0 ? '' : `.${pad(ms % 1000, 3)}0000`
  return `${days === 0 ? '' : `${days}.`}${clock}${fraction}`
}
