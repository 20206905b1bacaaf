import { expect, test } from 'vitest'
import { parseEntityAnswer, toEntityTrigger } from '../../../../src/host/durable/entities/entity-batch.js'

const ok = { isError: false, duration: 0, startTime: 1 }
const parse = (answer: unknown, count = 1) => parseEntityAnswer({ json: JSON.stringify(answer) }, count)

test('a batch travels as JSON text, with state and inputs as texts inside', () => {
  const trigger = toEntityTrigger(
    { name: 'counter', key: 'k1' },
    {
      claim: { target: '@counter@k1', host: 'h', number: 1 },
      attempts: 0,
      state: { exists: true, state: '{"n":1}' },
      messages: [{ id: 'guid', name: 'add', input: '5', isSignal: true, sender: null }],
      lastSeq: 1,
      readAt: 0,
    },
  )
  expect(JSON.parse('string' in trigger ? trigger.string : '')).toEqual({
    self: { name: 'counter', key: 'k1' },
    exists: true,
    state: '{"n":1}',
    batch: [{ name: 'add', input: '5', isSignal: true, id: 'guid' }],
  })
})

test('an answer gives state, one result per operation and the signals in order', () => {
  const signal = {
    target: { name: 'Other', key: 'K' },
    name: 'poke',
    input: '1',
    requestId: 'r',
    requestTime: 1,
  }
  const answer = parse(
    {
      results: [
        { ...ok, result: '7' },
        { ...ok, isError: true, result: '"no"' },
        { ...ok, result: 'extra' },
      ],
      signals: [signal, { ...signal, input: '' }],
      entityExists: true,
      entityState: '8',
    },
    2,
  )
  expect(answer).toEqual({
    state: { exists: true, state: '8' },
    results: [
      { isError: false, result: '7' },
      { isError: true, result: '"no"' },
    ],
    signals: [
      { target: { name: 'other', key: 'K' }, operation: 'poke', input: '1' },
      { target: { name: 'other', key: 'K' }, operation: 'poke', input: null },
    ],
  })
})

test('an entity that exists may have no state, and one that does not has none', () => {
  expect(parse({ results: [ok], entityExists: true }).state).toEqual({ exists: true, state: null })
  expect(parse({ results: [ok], entityExists: false, entityState: '1' }).state).toEqual({
    exists: false,
    state: null,
  })
})

test('an answer may also come as a text', () => {
  const answer = { results: [ok], signals: [], entityExists: false }
  expect(parseEntityAnswer({ string: JSON.stringify(answer) }, 1).results).toHaveLength(1)
})

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a number', { int: 5 }],
  ['broken JSON', { json: '{' }],
  ['a list', { json: '[]' }],
  ['no results', { json: '{}' }],
  ['too few results', { json: JSON.stringify({ results: [ok], entityExists: true }) }],
  ['a result that is no object', { json: JSON.stringify({ results: [ok, null], entityExists: true }) }],
  [
    'state that is no text',
    { json: JSON.stringify({ results: [ok, ok], entityExists: true, entityState: {} }) },
  ],
  ['signals that are no list', { json: JSON.stringify({ results: [ok, ok], signals: {} }) }],
  ['a signal without target', { json: JSON.stringify({ results: [ok, ok], signals: [{ name: 'x' }] }) }],
  [
    'a signal without key',
    { json: JSON.stringify({ results: [ok, ok], signals: [{ name: 'x', target: { name: 'a' } }] }) },
  ],
])('%s is not an answer to two operations', (_, value) => {
  expect(() => parseEntityAnswer(value, 2)).toThrow()
})
