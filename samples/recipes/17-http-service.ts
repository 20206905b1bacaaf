import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions'
import { Agent, FileHistoryProvider } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

// Made once, and used by every call that this process answers.
const agent = new Agent({
  name: 'Assistant',
  client: createChatClientFromEnvironment(),
  instructions: 'You are a helpful API assistant.',
  history: new FileHistoryProvider({ path: process.env.CONVERSATIONS_PATH ?? './conversations' }),
})

const chatRequest = z.object({
  message: z.string().trim().min(1),
  session_id: z.string().regex(/^[\w-]{1,64}$/),
})

/**
 * A route of your own for an agent that runs alone. Check that the caller may use the session before it is opened. For
 * conversations that survive crashes and scale out, `new AgentFunctionApp({ agents: [agent] })` is all it takes.
 */
async function chat(request: HttpRequest): Promise<HttpResponseInit> {
  const parsed = chatRequest.safeParse(await request.json().catch(() => undefined))
  if (!parsed.success) return { status: 400, jsonBody: { detail: z.prettifyError(parsed.error) } }
  const session = agent.createSession({ id: parsed.data.session_id })
  const { text } = await agent.run(parsed.data.message, { session })
  return { jsonBody: { reply: text } }
}

app.http('chat', { methods: ['POST'], authLevel: 'function', handler: chat })
