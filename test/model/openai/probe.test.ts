import { expect, onTestFinished, test } from 'vitest'
import type { ChatClient } from '../../../src/model/chat-client.js'
import { createAzureOpenAIChatClient } from '../../../src/model/openai/azure-openai.js'
import { createOpenAIChatClient } from '../../../src/model/openai/openai-chat-completions.js'
import { createOpenAIResponsesClient } from '../../../src/model/openai/openai-responses.js'
import { listen } from '../../support/model-server-http.js'

const probe = (client: ChatClient) => {
  if (client.probe === undefined) throw new Error('It has no probe.')
  return client.probe()
}

/** A server that answers everything alike, and what it was asked. */
async function start(status: number, body: string) {
  const asked: string[] = []
  const server = await listen(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response
      .writeHead(status, { 'content-type': body.startsWith('<') ? 'text/html' : 'application/json' })
      .end(body)
  })
  onTestFinished(() => server.close())
  return { url: `http://127.0.0.1:${server.port}`, asked }
}

const list = '{"object":"list","data":[]}'
const refusal = '{"error":{"message":"the key sk-1 is wrong"}}'

test.each([
  [200, list, { outcome: 'reached' }],
  [200, '<html>', { outcome: 'unclear', detail: expect.stringMatching(/no JSON.*base URL/) }],
  [403, refusal, { outcome: 'unclear', detail: expect.stringMatching(/403.*network/) }],
  [404, refusal, { outcome: 'unclear', detail: expect.stringMatching(/404.*base URL/) }],
  [405, refusal, { outcome: 'unclear', detail: expect.stringMatching(/405/) }],
])('a server that answers %i, %s', async (status, body, outcome) => {
  const { url, asked } = await start(status, body)
  expect(await probe(createOpenAIChatClient({ model: 'm', baseUrl: `${url}/v1`, apiKey: 'k' }))).toEqual(
    outcome,
  )
  expect(asked).toEqual(['GET /v1/models Bearer k'])
})

test.each([
  [401, 'model_error', /401.*API key/],
  [429, 'rate_limited', /429/],
  [500, 'model_error', /500/],
])('a server that answers %i refuses, once', async (status, code, message) => {
  const { url, asked } = await start(status, refusal)
  const client = createOpenAIResponsesClient({ model: 'm', baseUrl: url, apiKey: 'k' })
  await expect(probe(client)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  await expect(probe(client)).rejects.toMatchObject({ message: expect.not.stringContaining('sk-1') })
  expect(asked).toHaveLength(2)
})

test('Azure is asked for its list, as deployments have names of their own', async () => {
  const { url, asked } = await start(200, list)
  expect(await probe(createAzureOpenAIChatClient({ endpoint: url, deployment: 'd', apiKey: 'k' }))).toEqual({
    outcome: 'reached',
  })
  expect(asked).toEqual(['GET /openai/v1/models Bearer k'])
})

test('OpenAI is asked for the model itself, and knows which there are not', async () => {
  const asked: string[] = []
  const client = createOpenAIChatClient({
    model: 'gpt/9',
    apiKey: 'k',
    baseUrl: 'https://api.openai.com/v1',
    async fetch(url) {
      asked.push(String(url))
      return Response.json({ error: { code: 'model_not_found', message: 'no' } }, { status: 404 })
    },
  })
  await expect(probe(client)).rejects.toMatchObject({ message: expect.stringContaining('name of the model') })
  expect(asked).toEqual(['https://api.openai.com/v1/models/gpt%2F9'])
})

test('ends when it is told to', async () => {
  const server = await listen(() => new Promise(() => {}))
  onTestFinished(() => server.close())
  const client = createOpenAIChatClient({ model: 'm', baseUrl: server.url })
  const reason = new Error('enough')
  await expect(client.probe?.({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  await expect(client.probe?.({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('a client that was given is left alone', () => {
  const given = { chat: {} } as Parameters<typeof createOpenAIChatClient>[0]['client']
  expect(createOpenAIChatClient({ model: 'm', client: given }).probe).toBeUndefined()
})
