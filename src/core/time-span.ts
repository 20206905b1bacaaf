/** Milliseconds of a .NET time span (`[d.]hh:mm:ss[.fff]`), or undefined for any other text. */
export function parseTimeSpanMs(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/.exec(text.trim())
  if (match === null) return undefined
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = match
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)
  return whole * 1000 + Math.floor(Number(`0.${fraction || '0'}`) * 1000)
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
