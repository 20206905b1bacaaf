import { Agent, AgentSession, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** One turn in a process that keeps nothing: the whole session goes in and comes out as text. */
export async function turn(
  client: ChatClient,
  blob: string | undefined,
  message: string,
): Promise<{ readonly reply: string; readonly blob: string }> {
  const agent = new Agent({ name: 'Support', client, instructions: 'You are a customer-service agent.' })
  const session = blob === undefined ? agent.createSession() : AgentSession.fromJSON(JSON.parse(blob))
  const turns = Number(session.state.counter?.turns ?? 0)
  session.state.counter = { turns: turns + 1 }
  const { text } = await agent.run(message, { session })
  return { reply: text, blob: JSON.stringify(session) }
}

if (process.argv[1] === import.meta.filename) {
  const client = createChatClientFromEnvironment()
  const first = await turn(client, undefined, 'My order #4421 is missing.')
  const second = await turn(client, first.blob, 'What did I just ask about?')
  process.stdout.write(`${first.reply}\n${second.reply}\n`)
}
