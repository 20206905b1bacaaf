import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { ApprovalHandler } from '../../src/agent/ask-approval.js'
import { tool } from '../../src/agent/tools/tool.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'

const refund = tool({
  name: 'refund',
  description: 'Refund.',
  approval: 'always',
  parameters: z
    .object({ amount: z.number(), note: z.string().optional() })
    .refine(({ amount }) => amount > 0, 'refund nothing'),
  execute: ({ amount }) => `refunded ${amount}`,
})
const calls = [{ name: 'refund', arguments: { amount: 90 } }]

test.each([
  [true, ''],
  [undefined, ''],
  ['approve', ''],
  [{ decision: 'approved' }, 'decision: '],
  [{ decision: 'approve', args: {} }, 'args: is not a known field'],
  [{ decision: 'approve', arguments: 'all' }, 'arguments: '],
  [{ decision: 'approve', arguments: { amount: 'much' } }, 'arguments.amount: '],
  [{ decision: 'approve', arguments: {} }, 'arguments.amount: '],
  [{ decision: 'approve', arguments: { amount: 0 } }, 'arguments: refund nothing'],
  [{ decision: 'reject', arguments: { amount: 5 } }, 'arguments: make no sense with a rejection'],
])('an answer that is none fails the run: %j', async (answer, problem) => {
  const agent = new Agent({ name: 'Refunds', client: new ScriptedModel([{ calls }]), tools: [refund] })
  const onApproval = (() => answer) as unknown as ApprovalHandler
  await expect(agent.run('Refund it', { onApproval })).rejects.toThrow(
    `onApproval must give { decision: 'approve', arguments? } or { decision: 'reject', reason? }. What it gave for tool "refund" is neither: ${problem}`,
  )
})

test('an answer may give other arguments than the model, which is shown those as if they were its own', async () => {
  const client = new ScriptedModel([{ calls }, { text: 'Done.' }, { text: 'Five.' }])
  const agent = new Agent({ name: 'Refunds', client, tools: [refund] })
  const session = agent.createSession()
  const asked: unknown[] = []
  const { messages } = await agent.run('Refund it', {
    session,
    onApproval: (approval) => {
      asked.push(approval.arguments)
      return { decision: 'approve', arguments: { amount: 5, note: undefined } }
    },
  })
  await agent.run('How much was it?', { session })
  expect(asked).toEqual([{ amount: 90 }])
  for (const shown of [messages, client.requests[1]?.messages, client.requests[2]?.messages]) {
    const contents = shown?.flatMap((message) => message.contents) ?? []
    expect(contents.find(({ type }) => type === 'functionCall')).toMatchObject({ arguments: { amount: 5 } })
    expect(contents.find(({ type }) => type === 'functionResult')).toMatchObject({ result: 'refunded 5' })
  }
})

test('other arguments are given to a tool of an agent that works for this one, too', async () => {
  const expertModel = new ScriptedModel([{ calls }, { text: 'Refunded.' }])
  const expert = new Agent({ name: 'Expert', client: expertModel, tools: [refund] })
  const client = new ScriptedModel([
    { calls: [{ name: 'Expert', arguments: { query: 'Refund it' } }] },
    { text: 'Done.' },
  ])
  const boss = new Agent({ name: 'Boss', client, tools: [expert.asTool()] })
  await boss.run('?', { onApproval: () => ({ decision: 'approve', arguments: { amount: 5 } }) })
  expect(JSON.stringify(expertModel.requests[1])).toContain('refunded 5')
})

test.each([
  ['arguments that do not fit', { amount: 'all' }, 'The arguments are not valid. amount: '],
  ['what is no object', 'all of it', 'They must be a JSON object; this is none: all of it'],
])('nobody is asked about a call with %s: the model is told what is wrong', async (_, wrong, told) => {
  const client = new ScriptedModel([
    { calls: [{ name: 'refund', arguments: wrong }] },
    { calls },
    { text: 'Done.' },
  ])
  const agent = new Agent({ name: 'Refunds', client, tools: [refund] })
  const asked: unknown[] = []
  await agent.run('Refund it', {
    onApproval: (approval) => {
      asked.push(approval.arguments)
      return { decision: 'approve' }
    },
  })
  expect(asked).toEqual([{ amount: 90 }])
  const [result] = client.requests[1]?.messages.at(-1)?.contents ?? []
  expect(result).toMatchObject({ type: 'functionResult', error: expect.stringContaining(told) })
})
