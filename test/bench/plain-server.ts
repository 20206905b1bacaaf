// What people write without a framework, and what we are measured beside: node:http, the openai package and a Map. It
// asks the model exactly as our client does, with the whole conversation each time, and keeps nothing when it ends.
//   BENCH_MODEL_URL=http://127.0.0.1:8080/v1 PORT=8081 node dist/test/bench/plain-server.js
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { OpenAI } from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { instructions, modelName } from './names.js'

const openai = new OpenAI({ baseURL: process.env.BENCH_MODEL_URL, apiKey: 'bench', maxRetries: 0 })
const sessions = new Map<string, ChatCompletionMessageParam[]>()

interface RunBody {
  readonly message: string
  readonly sessionId: string
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === '/health')
    return sendJson(response, 200, { status: 'healthy' })
  if (request.method !== 'POST' || request.url !== '/run') return sendJson(response, 404, {})
  sendJson(response, 200, await run(await readJson(request)))
}

async function run({ message, sessionId }: RunBody): Promise<object> {
  const history = sessions.get(sessionId) ?? []
  const asked = [...history, { role: 'user' as const, content: message }]
  const { text, usage } = await ask([{ role: 'system', content: instructions }, ...asked])
  const conversation = [...asked, { role: 'assistant' as const, content: text }]
  sessions.set(sessionId, conversation)
  return {
    response: text,
    message,
    sessionId,
    status: 'success',
    message_count: conversation.length / 2,
    usage,
  }
}

async function ask(messages: readonly ChatCompletionMessageParam[]) {
  const chunks = await openai.chat.completions.create({
    model: modelName,
    messages: [...messages],
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let usage: OpenAI.CompletionUsage | null | undefined
  for await (const chunk of chunks) {
    text += chunk.choices[0]?.delta.content ?? ''
    usage = chunk.usage ?? usage
  }
  return { text, usage }
}

async function readJson(request: IncomingMessage): Promise<RunBody> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return JSON.parse(Buffer.concat(pieces).toString('utf8'))
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value)
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  }
  response.writeHead(status, headers).end(text)
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => sendJson(response, 500, {}))
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
