import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { PipedLines, TerminalLines } from '../../../src/cli/chat/lines.js'

const ctrlC = '\u0003'
const ctrlD = '\u0004'
const arrowUp = '\u001b[A'

function openTerminal() {
  const input = new PassThrough()
  const output = new PassThrough()
  let shown = ''
  output.on('data', (piece: Buffer) => {
    shown += piece
  })
  return { lines: new TerminalLines(input, output), input, readShown: () => shown }
}

test('gives the lines of a pipe one by one, and then the end', async () => {
  const lines = new PipedLines(PassThrough.from(['one\nt', 'wo\r\nthree']))
  const read = [await lines.ask(), await lines.ask(), await lines.ask(), await lines.ask()]
  expect(read.map((line) => (line.kind === 'text' ? line.text : line.kind))).toEqual([
    'one',
    'two',
    'three',
    'end',
  ])
})

test('a pipe is not touched before its first line is asked for', () => {
  const input = new PassThrough()
  new PipedLines(input).close()
  expect(input.readableFlowing).toBeNull()
})

test('a terminal shows the prompt, and gives what is typed', async () => {
  const { lines, input, readShown } = openTerminal()
  const line = lines.ask('> ')
  input.write('Hello\r')
  expect(await line).toEqual({ kind: 'text', text: 'Hello' })
  expect(readShown()).toContain('> ')
})

test('a terminal remembers earlier lines', async () => {
  const { lines, input } = openTerminal()
  const first = lines.ask('> ')
  input.write('Hello\r')
  await first
  const second = lines.ask('> ')
  input.write(`${arrowUp}!\r`)
  expect(await second).toEqual({ kind: 'text', text: 'Hello!' })
})

test.each([
  [ctrlC, 'stop'],
  [ctrlD, 'end'],
])('a terminal tells %j as %s, on a line that has ended', async (key, kind) => {
  const { lines, input, readShown } = openTerminal()
  const line = lines.ask('> ')
  input.write(key)
  expect(await line).toEqual({ kind })
  expect(readShown()).toMatch(/\n$/)
})
