import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent, tool } from '../../src/index.js'
import { conversation, crashEverywhere, ScriptedModel } from '../../src/testing/index.js'

const refundOrder = tool({
  name: 'refund_order',
  description: 'Refund an order.',
  parameters: z.object({ order: z.number(), amount: z.number() }),
  approval: ({ amount }) => amount > 100,
  execute: ({ order, amount }) => ({ order, refunded: amount }),
})

test('the example in the README holds', async () => {
  const steps = [
    { calls: [{ name: 'refund_order', arguments: { order: 7, amount: 250 } }] },
    { text: 'Refunded.' },
  ]

  const report = await crashEverywhere({
    agent: () =>
      new Agent({ name: 'Refunds', client: new ScriptedModel(conversation(steps)), tools: [refundOrder] }),
    async play(session) {
      await session.send('Refund order 7')
      await session.approve()
    },
  })
  expect(report.crashPoints).toBeGreaterThan(20)
  expect(report.runs).toBeGreaterThan(report.crashPoints)
})
