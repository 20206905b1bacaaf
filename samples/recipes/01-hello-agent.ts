import { Agent, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** The same agent answers single questions, and holds a conversation when it is given a session. */
export async function sayHello(client: ChatClient): Promise<readonly string[]> {
  const agent = new Agent({
    name: 'Friend',
    client,
    instructions: 'You are a friendly assistant. Keep responses concise.',
  })
  const oneShot = await agent.run('In one sentence: what is an event loop?')

  const session = agent.createSession()
  await agent.run('My favourite colour is teal.', { session })
  const followUp = await agent.run('What did I just tell you?', { session })
  return [oneShot.text, followUp.text]
}

if (process.argv[1] === import.meta.filename) {
  const answers = await sayHello(createChatClientFromEnvironment())
  process.stdout.write(`${answers.join('\n')}\n`)
}
