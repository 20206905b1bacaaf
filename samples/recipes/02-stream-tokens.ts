import { Agent, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** Iterating a run streams it; the whole answer is there afterwards. */
export async function explain(
  client: ChatClient,
  write: (text: string) => void,
): Promise<string | undefined> {
  const agent = new Agent({ name: 'Tutor', client, instructions: 'You are a tutor.' })
  const run = agent.run('Explain backpressure in 3 paragraphs.')
  for await (const update of run) write(update.text)
  const { finishReason } = await run.finalResponse()
  return finishReason
}

if (process.argv[1] === import.meta.filename) {
  const finishReason = await explain(createChatClientFromEnvironment(), (text) => process.stdout.write(text))
  process.stdout.write(`\nfinish reason: ${finishReason}\n`)
}
