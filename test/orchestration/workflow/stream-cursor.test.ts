import { expect, test } from 'vitest'
import {
  formatCursor,
  parseCursor,
  startOfStream,
  toSourceName,
} from '../../../src/orchestration/workflow/stream-cursor.js'

test.each(['-1', '0', '7', '7,3:12', '7,3:-1,5:0,5.2:14,5.2.9:1'])('%s is read and written alike', (text) => {
  expect(formatCursor(parseCursor('after', text))).toBe(text)
})

test('what a stream of many agents at once says of itself is read', () => {
  const running = Array.from({ length: 1000 }, (_, index) => [String(index + 1), -1] as const)
  const text = formatCursor(new Map([['', 1000], ...running]))
  expect(formatCursor(parseCursor('Last-Event-ID', text))).toBe(text)
})

test('the start of a stream is before its first event', () => {
  expect(formatCursor(startOfStream)).toBe('-1')
})

test('sources are named by the events that began them', () => {
  expect(toSourceName('', 5)).toBe('5')
  expect(toSourceName('5', 2)).toBe('5.2')
})

const mistakes = ['', 'x', '-2', '1,2', '1,2:3:4', '1,:2', '1,2.:3', '1,.2:3', '1 ', '1,2:-2', '12345678901']

test.each([...mistakes, `1${',2:3'.repeat(2001)}`])('"%s" is refused, naming the field', (text) => {
  expect(() => parseCursor('Last-Event-ID', text)).toThrow(
    expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('Last-Event-ID') }),
  )
})
