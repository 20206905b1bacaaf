import { Agent, type ChatClient, FileHistoryProvider } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** A conversation under a stable id, in a JSONL file: it goes on in the next process. */
export async function talk(client: ChatClient, path: string, message: string): Promise<string> {
  const agent = new Agent({
    name: 'Support',
    client,
    instructions: 'You are a customer-service agent.',
    history: new FileHistoryProvider({ path }),
  })
  const session = agent.createSession({ id: 'customer-9281' })
  const { text } = await agent.run(message, { session })
  return text
}

if (process.argv[1] === import.meta.filename) {
  const message = process.argv[2] ?? "My order #4421 hasn't arrived."
  process.stdout.write(`${await talk(createChatClientFromEnvironment(), './conversations', message)}\n`)
}
