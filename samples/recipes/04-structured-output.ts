import { Agent, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const profile = z.object({
  name: z.string().describe('Full name'),
  age: z.int().min(0).max(130),
  interests: z.array(z.string()),
})

/** The answer is checked against the schema, and has its type. One that does not fit is sent back to the model once. */
export async function extractProfile(client: ChatClient): Promise<z.infer<typeof profile>> {
  const agent = new Agent({ name: 'Extractor', client, instructions: 'Extract structured data.' })
  const { value } = await agent.run("I'm Jane Doe, 28, and I love hiking and TypeScript.", {
    responseFormat: profile,
  })
  return value
}

if (process.argv[1] === import.meta.filename) {
  const value = await extractProfile(createChatClientFromEnvironment())
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}
