import { expect, test } from 'vitest'
import { Screen } from '../../../src/cli/chat/screen.js'

function createScreen(isTTY: boolean, env: Record<string, string> = {}) {
  const written: string[] = []
  const output = (name: string) => ({ isTTY, write: (text: string) => written.push(`${name}:${text}`) })
  return { screen: new Screen({ answers: output('out'), notices: output('err'), env }), written }
}

test('a notice in the middle of an answer ends its line first', () => {
  const { screen, written } = createScreen(false)
  screen.answer('half')
  screen.notice('lost')
  screen.answer('whole')
  screen.endLine()
  screen.endLine()
  expect(written).toEqual(['out:half', 'out:\n', 'err:lost\n', 'out:whole', 'out:\n'])
})

test('a line that has ended is not ended again', () => {
  const { screen, written } = createScreen(false)
  screen.answer('whole\n')
  screen.answer('')
  screen.notice('next')
  expect(written).toEqual(['out:whole\n', 'err:next\n'])
})

test.each([
  ['a terminal', true, {}, true],
  ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['a pipe', false, {}, false],
])('notices on %s', (_place, isTTY, env, isDim) => {
  const { screen, written } = createScreen(isTTY, env)
  screen.notice('quiet')
  expect(written).toEqual([isDim ? 'err:\u001b[2mquiet\u001b[22m\n' : 'err:quiet\n'])
})

test('nothing that is written can reach the terminal itself', () => {
  const { screen, written } = createScreen(false)
  screen.answer('\u001b[2J')
  screen.notice('\u001b[2J\n')
  screen.alert('\u009b2J\u0007')
  expect(written.map((text) => text.slice(0, -1)).join('')).not.toMatch(/\p{Cc}/u)
})
