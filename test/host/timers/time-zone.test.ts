import { afterEach, expect, test, vi } from 'vitest'
import { createTimeZone } from '../../../src/host/timers/time-zone.js'

afterEach(() => vi.unstubAllEnvs())

test.each(['UTC', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata'])(
  "the process's own zone is that of the same name: %s",
  (name) => {
    vi.stubEnv('TZ', name)
    const own = createTimeZone()
    const named = createTimeZone(name)
    const year = Date.UTC(2026, 0)
    for (let instant = year; instant < year + 366 * 86_400_000; instant += 6 * 3_600_000 + 1_800_000) {
      expect(own.toWall(instant)).toBe(named.toWall(instant))
      expect(own.toInstants(instant)).toEqual(named.toInstants(instant))
    }
  },
)
