import { Agent, AgentFunctionApp, functionNode, sequential } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

interface Cancellation {
  readonly order: number
  readonly reason: string
}

const client = createChatClientFromEnvironment()

const lookUp = functionNode('lookUp', ({ order, reason }: Cancellation) => ({
  order,
  reason,
  customer: 'jerry@example.com',
}))

const cancel = functionNode(
  'cancel',
  (found: Cancellation & { readonly customer: string }, { idempotencyKey }) =>
    `Tell ${found.customer} kindly that order ${found.order} is cancelled (reference ${idempotencyKey}): ${found.reason}`,
  { retry: { maxAttempts: 3 } },
)

const correspondent = new Agent({
  name: 'Correspondent',
  instructions: 'You write short letters to customers.',
  client,
})

const send = functionNode('send', (letter: string) => {
  process.stdout.write(`Sent: ${letter}\n`)
  return `Letter sent: ${letter}`
})

const cancelOrder = sequential({
  name: 'CancelOrder',
  input: z.object({ order: z.number(), reason: z.string() }),
  steps: [lookUp, cancel, correspondent, send],
})

new AgentFunctionApp({ workflows: [cancelOrder] })
