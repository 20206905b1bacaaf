import { expect, test } from 'vitest'
import type { AppClient } from '../../../src/cli/chat/app-client.js'
import { parseChatArgs } from '../../../src/cli/chat/chat-args.js'
import { Conversation } from '../../../src/cli/chat/conversation.js'
import type { Lines } from '../../../src/cli/chat/lines.js'
import { Screen } from '../../../src/cli/chat/screen.js'
import { talk } from '../../../src/cli/chat/talk.js'
import { AgentError } from '../../../src/core/errors.js'

test('at a terminal a message that its sender has no tokens left for is not the end, and is said how to be had back', async () => {
  const typed = ['Hi', '/quit']
  const lines: Lines = {
    isTerminal: true,
    ask: async () => ({ kind: 'text', text: typed.shift() ?? '' }),
    close: () => {},
  }
  const client = {
    async sendMessage() {
      throw new AgentError('budget_exhausted', 'You have spent 20 of 20 tokens.')
    },
  } as never as AppClient
  const notices: string[] = []
  const output = { write: (text: string) => notices.push(text) }
  const screen = new Screen({ answers: output, notices: output, env: {} })
  const address = { agent: 'Assistant', session: 's' }
  const conversation = new Conversation({ client, address, screen, lines, hidden: new Set() })
  expect(await talk({ options: parseChatArgs([], {}), client, address, screen, conversation, lines })).toBe(0)
  expect(notices).toEqual([
    'You have spent 20 of 20 tokens.\n',
    'Your message was not sent: the up arrow brings it back.\n',
  ])
})
