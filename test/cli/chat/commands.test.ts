import { expect, test } from 'vitest'
import { parseCommand } from '../../../src/cli/chat/commands.js'

test.each([
  ['/again', { name: 'again' }],
  [' /QUIT ', { name: 'quit' }],
  ['/history', { name: 'history' }],
  ['/other', { name: 'unknown' }],
  ['/edit', { name: 'edit', text: '' }],
  ['/edit  In other  words ', { name: 'edit', text: 'In other  words' }],
  ['/quit now', undefined],
  ['/etc/hosts', undefined],
  ['quit', undefined],
  ['', undefined],
])('takes %j for the command %o', (line, command) => {
  expect(parseCommand(line)).toEqual(command)
})
