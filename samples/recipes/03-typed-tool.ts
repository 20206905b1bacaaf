import { Agent, type ChatClient, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

/** What a tool throws becomes its result, so that the model can recover from it. */
const divide = tool({
  name: 'divide',
  description: 'Divide two numbers.',
  parameters: z.object({
    numerator: z.number().describe('The dividend'),
    denominator: z.number().describe('The divisor, which must not be zero'),
  }),
  readOnly: true,
  execute: ({ numerator, denominator }) => {
    if (denominator === 0) throw new Error('denominator must be non-zero')
    return (numerator / denominator).toFixed(4)
  },
})

export async function calculate(client: ChatClient, question: string): Promise<string> {
  const agent = new Agent({
    name: 'Calculator',
    client,
    instructions: 'You are a math assistant. Use tools when arithmetic is needed.',
    tools: [divide],
  })
  const { text } = await agent.run(question)
  return text
}

if (process.argv[1] === import.meta.filename) {
  const client = createChatClientFromEnvironment()
  for (const question of ['Divide 22 by 7', 'Divide 10 by 0'])
    process.stdout.write(`${await calculate(client, question)}\n`)
}
