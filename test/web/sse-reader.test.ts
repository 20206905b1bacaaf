import { expect, test } from 'vitest'
import { toSseComment, toSseText } from '../../src/core/sse.js'
import { SseReader } from '../../src/web/browser/sse-reader.js'

const events = [
  { id: '0', event: 'run.accepted', data: '{"text":"ä: 😀"}' },
  { id: '1', event: 'message.delta', data: 'two\nlines' },
]
const wire = `${toSseComment('open')}${events.map(toSseText).join(toSseComment('alive'))}`

test.each([
  ['\n', wire],
  ['\r\n', wire.replaceAll('\n', '\r\n')],
  ['\r', wire.replaceAll('\n', '\r')],
])('reads what was written, wherever it is cut (line ends %j)', (_end, text) => {
  for (let at = 0; at <= text.length; at++) {
    const reader = new SseReader()
    expect([...reader.read(text.slice(0, at)), ...reader.read(text.slice(at))]).toEqual(events)
  }
})

test('reads what comes one character at a time', () => {
  const reader = new SseReader()
  const text = wire.replaceAll('\n', '\r\n')
  expect([...text].flatMap((character) => reader.read(character))).toEqual(events)
})

test('leaves out an event that the end cuts off', () => {
  expect(new SseReader().read('id: 0\nevent: a\ndata: {}\n')).toEqual([])
})
