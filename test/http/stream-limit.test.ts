import { expect, test } from 'vitest'
import { createStreamLimit } from '../../src/http/stream-limit.js'

const settings = {
  waitLimitMs: 1000,
  streamLimitMs: 60_000,
  heartbeatMs: 1000,
  maxBodyBytes: 1000,
  callerInstructions: 'refuse' as const,
  webhooks: undefined,
  mayDecide: undefined,
  mayAnswer: undefined,
}

test('a stream ends when its reader has left', () => {
  let leave = () => {}
  const limit = createStreamLimit({
    settings,
    onLeave: (listener) => {
      leave = listener
    },
  })
  expect(limit.aborted).toBe(false)
  leave()
  expect(limit.aborted).toBe(true)
})

test('a stream ends at its limit where nobody sees its reader leave', async () => {
  const limit = createStreamLimit({ settings: { ...settings, streamLimitMs: 1 } })
  await new Promise((resolve) => limit.addEventListener('abort', resolve))
})
