/** A time as the reader's place writes it; what is none as it is. */
export function toLocalTime(time: string | undefined): string {
  const date = new Date(time ?? '')
  return Number.isNaN(date.getTime()) ? String(time) : date.toLocaleString()
}
