import { expect, test } from 'vitest'
import { chooseAgent } from '../../../src/cli/chat/choose-agent.js'

test.each([
  ['the only one', ['Alone'], undefined, 'Alone'],
  ['the one that is named, in the case that it has', ['One', 'Two'], 'two', 'Two'],
])('chooses %s', (_case, agents, named, agent) => {
  expect(chooseAgent(agents, named)).toEqual({ agent })
})

test.each([
  [['One', 'Two'], undefined, /several.+<One \| Two>/],
  [['One', 'Two'], 'Three', /no agent "Three".+<One \| Two>/],
  [['One'], 'Three', /no agent "Three".+chat One$/],
  [[], undefined, /no agents/],
])('of %j, with %s named, says what there is', (agents, named, complaint) => {
  expect(chooseAgent(agents, named)).toEqual({ complaint: expect.stringMatching(complaint) })
})
