import { expect, test } from 'vitest'
import { createMcpSessions } from '../../../src/host/mcp/mcp-sessions.js'

test('takes ids that were made with the same key, in any process', () => {
  const id = createMcpSessions('key').create()
  expect(createMcpSessions('key').isValid(id)).toBe(true)
  expect(createMcpSessions('other').isValid(id)).toBe(false)
  for (const wrong of ['', 'x', id.slice(0, -1), `${id}x`, `${'0'.repeat(32)}${id.slice(32)}`]) {
    expect(createMcpSessions('key').isValid(wrong)).toBe(false)
  }
})

test('takes any id of the right form when clients need not prove it', () => {
  const open = createMcpSessions(undefined)
  expect(open.isValid(open.create())).toBe(true)
  expect(open.isValid('not an id')).toBe(false)
})
