import { expect, test } from 'vitest'
import type { AppClient } from '../../../src/cli/chat/app-client.js'
import { Conversation } from '../../../src/cli/chat/conversation.js'
import type { PlacedEvent } from '../../../src/cli/chat/run-event.js'
import { Screen } from '../../../src/cli/chat/screen.js'
import { AgentError } from '../../../src/core/errors.js'

test('at a terminal what is for others to decide is waited for, and what else is asked', async () => {
  const approvals = ['theirs', 'ours'].map((approvalId) => ({ approvalId, name: approvalId, arguments: {} }))
  const decided: string[] = []
  let goOn = () => {}
  const theyHaveDecided = new Promise<void>((resolve) => {
    goOn = resolve
  })
  async function* tell(): AsyncGenerator<PlacedEvent> {
    yield { id: 0, event: { type: 'run.parked', data: { reason: 'approval' } } }
    await theyHaveDecided
    yield { id: 1, event: { type: 'run.completed', data: { response: 'done' } } }
  }
  const client = {
    sendMessage: async () => tell(),
    readApprovals: async () => approvals,
    async decide(_address: object, approvalId: string) {
      if (approvalId === 'theirs') throw new AgentError('forbidden', 'It is for others.')
      decided.push(approvalId)
      goOn()
    },
  }
  const notices: string[] = []
  const output = { write: (text: string) => notices.push(text) }
  const conversation = new Conversation({
    client: client as never as AppClient,
    address: { agent: 'Assistant', session: 's' },
    screen: new Screen({ answers: output, notices: output, env: {} }),
    lines: { isTerminal: true, ask: async () => ({ kind: 'text', text: 'y' }), close: () => {} },
    hidden: new Set(),
  })
  expect(await conversation.send({ text: 'Hi' })).toEqual({ kind: 'completed', response: 'done' })
  expect(decided).toEqual(['ours'])
  expect(notices.join('')).toContain('It is for others.')
})
