import { expect, test } from 'vitest'
import { toHttpLimits } from '../../src/app/http-limits.js'

test.each([
  ['ten minutes, as in our host.json', {}, 600_000, 100_000, 540_000],
  ['five minutes, as without one', {}, 300_000, 100_000, 270_000],
  ['less than callers wait', {}, 60_000, 54_000, 54_000],
  ['less than the app asks for', { streamLimitMs: 3_600_000 }, 300_000, 100_000, 270_000],
  ['more than the app asks for', { waitLimitMs: 5, streamLimitMs: 7 }, 300_000, 5, 7],
])(
  'answers end before functions may not go on, which is %s',
  (_what, asked, timeoutMs, waitLimitMs, streamLimitMs) => {
    expect(toHttpLimits(asked, timeoutMs)).toEqual({ waitLimitMs, streamLimitMs })
  },
)
