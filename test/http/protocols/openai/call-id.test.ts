import { expect, test } from 'vitest'
import { parseCallId, toCallId } from '../../../../src/http/protocols/openai/call-id.js'

const key = { agent: 'A', session: 'user-123', run: 'r/ü', callId: 'call_0_"1"' }

function encode(value: unknown): string {
  return `call_${Buffer.from(JSON.stringify(value)).toString('base64url')}`
}

test('names a call of a run, and is safe in URLs', () => {
  const id = toCallId({ ...key, run: 'r~1' })
  expect(id).toMatch(/^call_[\w-]+$/)
  expect(parseCallId('tool', id)).toEqual({ ...key, run: 'r~1' })
})

test.each([
  '',
  'call_',
  'call_0',
  `${toCallId(key)}=`,
  `${toCallId(key)} `,
  toCallId(key).slice(5),
  encode('A'),
  encode({ agent: 'A' }),
  encode(['A', 's', 'r']),
  encode(['A', 's', 'r', 1]),
  encode(['A', 's', 'r', 'c', 'd']),
  encode(['A', 's/t', 'r', 'c']),
  encode(['A', '', 'r', 'c']),
  encode(['A', 's', 'x'.repeat(129), 'c']),
])('any other text is refused: %s', (id) => {
  expect(() => parseCallId('messages.1.tool_call_id', id)).toThrow(/^messages\.1\.tool_call_id: /)
})
