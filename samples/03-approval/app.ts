import { Agent, AgentFunctionApp, slidingWindow, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const refundOrder = tool({
  name: 'refund_order',
  description: 'Refund an order by its number.',
  parameters: z.object({ order: z.number(), amount: z.number() }),
  approval: ({ amount }) => amount > 100,
  approvalTimeoutMs: 7 * 24 * 3600 * 1000,
  execute: ({ order, amount }, { idempotencyKey }) => ({
    order,
    refunded: amount,
    reference: idempotencyKey.slice(0, 8),
  }),
})

const supportAgent = new Agent({
  name: 'SupportAgent',
  instructions: 'You help customers with their orders.',
  client: createChatClientFromEnvironment(),
  tools: [refundOrder],
  compaction: slidingWindow({ maxTurns: 30 }),
  maxTokensPerRun: 50_000,
})

new AgentFunctionApp({ agents: [supportAgent] })
