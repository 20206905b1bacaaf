import { expect, test } from 'vitest'
import { parseLogLines } from '../../../src/log/azure-blob/lines.js'

test('an event is read however deep the result in it is nested', () => {
  const result = `${'['.repeat(2000)}${']'.repeat(2000)}`
  const line = `{"id":4,"at":"2026-01-01T00:00:00.000Z","type":"tool.completed","data":{"result":${result}}}\n`
  const { events } = parseLogLines(Buffer.from(line), { name: 'log', next: 4 })
  expect(JSON.stringify(events[0]?.data)).toBe(`{"result":${result}}`)
})
