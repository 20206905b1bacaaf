import { setTimeout as wait } from 'node:timers/promises'
import { Agent, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

type Write = (text: string) => void

function createResearcher(client: ChatClient): Agent {
  const instructions = 'You are a helpful research assistant. Be concise.'
  return new Agent({ name: 'Researcher', client, instructions })
}

/** Awaiting a background run gives a token at once; runs with the token look whether the answer is there. */
export async function poll(client: ChatClient, write: Write, intervalMs = 2_000): Promise<string> {
  const agent = createResearcher(client)
  const session = agent.createSession()
  const question = 'Briefly explain the theory of relativity in two sentences.'
  let response = await agent.run(question, { session, background: true })
  for (let polls = 1; response.continuationToken !== undefined; polls++) {
    await wait(intervalMs)
    response = await agent.run([], { session, continuationToken: response.continuationToken })
    write(`Poll ${polls}: ${response.continuationToken === undefined ? 'done' : 'at work'}\n`)
  }
  return response.text
}

/** Iterating one streams it; each update has the token that a later run, in any process, goes on with exactly there. */
export async function resume(client: ChatClient, write: Write): Promise<void> {
  const agent = createResearcher(client)
  const session = agent.createSession()
  const question = 'Briefly list three benefits of exercise.'
  let continuationToken: string | undefined
  let chunks = 0
  for await (const update of agent.run(question, { session, background: true })) {
    continuationToken = update.continuationToken
    write(update.text)
    if (update.text !== '') chunks += 1
    if (chunks === 3) break
  }
  if (continuationToken === undefined) return
  write('\n[interrupted]\n')
  for await (const update of agent.run([], { session, continuationToken })) write(update.text)
}

if (process.argv[1] === import.meta.filename) {
  const client = createChatClientFromEnvironment({ ...process.env, OPENAI_API: 'responses' })
  const write: Write = (text) => process.stdout.write(text)
  write(`${await poll(client, write)}\n`)
  await resume(client, write)
}
