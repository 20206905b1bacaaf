import { expect, test } from 'vitest'
import { createTextMessage } from '../../src/core/messages.js'
import type { RunOptions } from '../../src/run/events.js'
import { createRunRequest } from '../../src/session/client/run-request.js'

const messages = [createTextMessage('user', 'Hello')]
const toDigest = (options?: RunOptions) => createRunRequest({ messages, options }).digest

test('a request asks the same whether or not it names what is the default', () => {
  expect(toDigest({ enableToolCalls: true, onBusy: 'queue' })).toBe(toDigest())
  expect(toDigest({ enableToolCalls: true, onBusy: 'interrupt' })).not.toBe(toDigest())
  expect(toDigest({ enableToolCalls: false })).not.toBe(toDigest())
})
