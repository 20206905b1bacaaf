import { expect, test } from 'vitest'
import { findLastMessage } from '../../../src/cli/chat/last-message.js'

const said = (correlationId: string) => ({ role: 'user', content: `said ${correlationId}`, correlationId })
const answered = (correlationId: string) => ({ role: 'assistant', content: 'An answer.', correlationId })
const first = [said('1'), answered('1')]

test.each([
  ['nothing', [], undefined],
  ['an answer', [...first, said('2'), answered('2')], { run: '2', text: 'said 2', hasFile: false }],
  [
    'an answer to two that were joined',
    [...first, said('2'), { ...said('3'), files: 1 }, answered('2')],
    { run: '2', text: 'said 2\nsaid 3', hasFile: true },
  ],
  [
    'what waits behind another one',
    [...first, said('2'), said('3')],
    { run: '3', text: 'said 3', hasFile: false },
  ],
  ['what no run has said', [{ role: 'user', content: 'Hi' }], undefined],
])('after %s the last message is found', (_what, lines, last) => {
  expect(findLastMessage(lines)).toEqual(last)
})
