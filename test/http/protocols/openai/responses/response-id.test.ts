import { describe, expect, test } from 'vitest'
import {
  parseItemId,
  parseResponseId,
  toItemId,
  toResponseId,
} from '../../../../../src/http/protocols/openai/responses/response-id.js'

function encode(fields: unknown): string {
  return `resp_${Buffer.from(JSON.stringify(fields)).toString('base64url')}`
}

test.each([
  ['plain', { agent: 'A', session: 's', run: 'r', first: 0, part: 0 }],
  ['later', { agent: 'A', session: 's', run: 'r', first: 12, part: 12 }],
  ['longer', { agent: 'A', session: 's', run: 'r', first: 1, part: 12 }],
  ['odd', { agent: 'A-b_c', session: 'Zoë ☃ "x" [,]', run: 'a b~c', first: 0, part: 0 }],
  ['long', { agent: 'A', session: '☃'.repeat(200), run: 'r'.repeat(128), first: 3, part: 3 }],
])('an id is read back as what it names (%s)', (_name, key) => {
  const id = toResponseId(key)
  expect(id).toMatch(/^resp_[A-Za-z0-9_-]+$/)
  expect(parseResponseId('id', id)).toEqual(key)
  for (const kind of ['msg', 'rs', 'mcp', 'fc'] as const)
    expect(parseItemId('id', toItemId(kind, key, 12))).toEqual(key)
})

describe('what is no id', () => {
  const id = encode(['A', 's', 'r'])

  test.each([
    ['nothing', ''],
    ['another prefix', id.replace('resp_', 'msg_')],
    ['padding', `${id}=`],
    ['no JSON', 'resp_e30x'],
    ['no list', encode({ session: 's' })],
    ['too little', encode(['A', 's'])],
    ['too much', encode(['A', 's', 'r', 2, 1, 0])],
    ['an end before its beginning', encode(['A', 's', 'r', 1, 2])],
    ['a beginning that goes without saying', encode(['A', 's', 'r', 2, 2])],
    ['a negative beginning', encode(['A', 's', 'r', 2, -1])],
    ['a part in words', encode(['A', 's', 'r', '1'])],
    ['a negative part', encode(['A', 's', 'r', -1])],
    ['a part that goes without saying', encode(['A', 's', 'r', 0])],
    ['a session with a slash', encode(['A', 'a/b', 'r'])],
    ['a run with control characters', encode(['A', 's', 'r\n'])],
    ['a run that is too long', encode(['A', 's', 'r'.repeat(129)])],
  ])('%s', (_name, text) => {
    expect(() => parseResponseId('some_id', text)).toThrow(/^some_id: /)
  })
})

test.each([
  '',
  'msg_1',
  'msg__0',
  `${encode(['A', 's', 'r'])}_0`,
  `msg_${encode(['A', 's', 'r'])}_0`,
  'msg_WyJBIl0_0',
  'msg_WyJBIiwicyIsInIiXQ_x',
])('an item has another id than "%s"', (text) => {
  expect(() => parseItemId('some_id', text)).toThrow(/^some_id: must be the id of /)
})
