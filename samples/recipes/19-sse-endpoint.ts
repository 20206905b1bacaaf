import { Readable } from 'node:stream'
import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions'
import { Agent, type AgentRun } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const agent = new Agent({
  name: 'Assistant',
  client: createChatClientFromEnvironment(),
  instructions: 'Be concise.',
})

const chatRequest = z.object({ message: z.string().trim().min(1) })

/** A run as server-sent events: its text as it comes, then how it ended. */
async function* toEvents(run: AgentRun): AsyncGenerator<string> {
  for await (const { text } of run) if (text !== '') yield `data: ${JSON.stringify({ text })}\n\n`
  const { finishReason } = await run.finalResponse()
  yield `data: ${JSON.stringify({ done: true, finishReason })}\n\n`
}

/** Streams without a journal. The routes of `AgentFunctionApp` stream too, and a reader that was cut off can go on there. */
async function chatStream(request: HttpRequest): Promise<HttpResponseInit> {
  const parsed = chatRequest.safeParse(await request.json().catch(() => undefined))
  if (!parsed.success) return { status: 400, jsonBody: { detail: z.prettifyError(parsed.error) } }
  const body = Readable.from(toEvents(agent.run(parsed.data.message)))
  return { headers: { 'Content-Type': 'text/event-stream' }, body }
}

app.setup({ enableHttpStream: true })
app.http('chatStream', {
  methods: ['POST'],
  route: 'chat/stream',
  authLevel: 'function',
  handler: chatStream,
})
