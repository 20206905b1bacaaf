import { Agent, AgentSession } from 'durable-agent-functions'
import { createOpenAIChatClient, type OpenAIConnectionOptions } from 'durable-agent-functions/openai'

/** Where sessions are kept between requests. */
type SessionStore = Map<string, string>

/** Qwen, by the Chat Completions API of DashScope. Any server that speaks it will do: its address, its key, one of its models. */
export function createFriday(server: Pick<OpenAIConnectionOptions, 'apiKey' | 'baseUrl'>): Agent {
  const client = createOpenAIChatClient({ model: 'qwen-plus', ...server })
  return new Agent({ name: 'Friday', client, instructions: "You're a helpful assistant named Friday." })
}

/** One streamed turn of a conversation that is restored before it and saved after it. */
export async function* answer(
  agent: Agent,
  store: SessionStore,
  id: string,
  message: string,
): AsyncGenerator<string> {
  const saved = store.get(id)
  const session = saved === undefined ? agent.createSession({ id }) : AgentSession.fromJSON(JSON.parse(saved))
  for await (const { text } of agent.run(message, { session })) if (text !== '') yield text
  store.set(id, JSON.stringify(session))
}

if (process.argv[1] === import.meta.filename) {
  const baseUrl = 'https://dashscope.aliyuncs.com/compatible-mode/v1'
  const friday = createFriday({ apiKey: process.env.DASHSCOPE_API_KEY ?? '', baseUrl })
  const store: SessionStore = new Map()
  for (const message of ['What is the capital of France?', 'How many people live there?'])
    for await (const text of answer(friday, store, 'session_1', message)) process.stdout.write(text)
}
