/** A time zone's rules: what its clocks show ("wall", in milliseconds as if they showed UTC) at which instant (epoch milliseconds). */
export interface TimeZone {
  /** IANA name, e.g. `Europe/Berlin`; `undefined` for the process's own zone. */
  readonly name: string | undefined
  toWall(instant: number): number
  /**
   * When clocks show `wall`: twice, the earlier time first, where they are put back; where they are put forward over it, the instant
   * at which they would have shown it.
   */
  toInstants(wall: number): readonly [number, ...number[]]
}

/** No two changes of the clock are as close as this, and no zone is further from UTC. */
const marginMs = 86_400_000

/** A zone by its IANA name. @default the process's own @throws {RangeError} for a name that the system does not know. */
export function createTimeZone(name?: string): TimeZone {
  const offsetAt = name === undefined ? readOwnOffsetMs : createOffsetReader(name)
  return {
    name,
    toWall: (instant) => instant + offsetAt(instant),
    toInstants: (wall) => {
      const before = wall - offsetAt(wall - marginMs)
      const after = wall - offsetAt(wall + marginMs)
      const isBefore = before + offsetAt(before) === wall
      const isAfter = after + offsetAt(after) === wall
      if (isBefore && isAfter && before < after) return [before, after]
      return [isAfter && !isBefore ? after : before]
    },
  }
}

/** How far the clocks are ahead of UTC at an instant; ms. Each start asks, and the first use of `Intl` would take it 15 ms and 7 MB. */
function readOwnOffsetMs(instant: number): number {
  return -60_000 * new Date(instant).getTimezoneOffset()
}

function createOffsetReader(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return (instant) => parseOffsetMs(format.formatToParts(instant))
}

function parseOffsetMs(parts: readonly Intl.DateTimeFormatPart[]): number {
  const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const match = /([+-])(\d+):(\d+)(?::(\d+))?/.exec(text)
  if (match === null) return 0
  const [, sign, hours, minutes, seconds = 0] = match
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}

/** The instant as clocks of the zone show it, with their distance from UTC: `2026-01-01T00:05:00+01:00`, milliseconds only where there are any. */
export function formatInstant(instant: number, zone: TimeZone): string {
  const wall = zone.toWall(instant)
  const offsetMinutes = Math.round((wall - instant) / 60_000)
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const distance = Math.abs(offsetMinutes)
  const offset = `${offsetMinutes < 0 ? '-' : '+'}${pad(distance / 60)}:${pad(distance % 60)}`
  return new Date(wall).toISOString().replace(/(?:\.000)?Z$/, offset)
}
