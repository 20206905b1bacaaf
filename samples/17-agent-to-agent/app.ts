import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createA2aAgent } from 'durable-agent-functions/a2a'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const { BILLING_URL = 'http://localhost:7071/api/a2a/Billing', BILLING_KEY } = process.env
const client = createChatClientFromEnvironment()

// What another team would have in an app of its own: an agent that others reach by A2A, and that asks a human first.
const billing = new Agent({
  name: 'Billing',
  description: 'Refunds orders.',
  instructions: 'You refund orders.',
  client,
  tools: [
    tool({
      name: 'refund_order',
      description: 'Refund an order.',
      parameters: z.object({ order: z.number() }),
      approval: 'always',
      idempotent: true,
      execute: ({ order }, { idempotencyKey }) => ({ refunded: order, receipt: idempotencyKey.slice(0, 8) }),
    }),
  ],
})

// What this team knows of it is its address.
const remoteBilling = createA2aAgent({
  name: 'RemoteBilling',
  description: 'Refunds orders. Tell it which.',
  url: BILLING_URL,
  headers: BILLING_KEY === undefined ? {} : { 'x-functions-key': BILLING_KEY },
  allowPrivateNetwork: true,
})

const desk = new Agent({
  name: 'Desk',
  instructions: 'You help customers. Billing does what has to do with money.',
  client,
  tools: [remoteBilling.asTool()],
})

new AgentFunctionApp({ agents: [billing, remoteBilling, desk], protocols: ['a2a'] })
