import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenCredential } from '@azure/identity'
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import {
  type AzureOpenAIChatClientOptions,
  createAzureOpenAIChatClient,
  createAzureOpenAIResponsesClient,
} from '../../../src/model/openai/azure-openai.js'
import { startChatCompletionsServer } from '../../support/chat-completions-server.js'
import { startResponsesServer } from '../../support/responses-server.js'
import { ask, askAndFail, collect, createRequest, readAnswer } from '../ask.js'

async function start() {
  const server = await startChatCompletionsServer({ script: () => ({ text: 'Hi' }) })
  onTestFinished(() => server.close())
  return { server, endpoint: `http://127.0.0.1:${server.port}` }
}

/** A credential whose tokens are numbered and are valid for so long. */
function createCredential(validMs: number) {
  const scopes: unknown[] = []
  const getToken: TokenCredential['getToken'] = async (scope) => {
    scopes.push(scope)
    return { token: `token-${scopes.length}`, expiresOnTimestamp: Date.now() + validMs }
  }
  return { credential: { getToken }, scopes }
}

test.each(['', '/', '/openai', '/openai/v1', '/openai/v1/'])(
  'asks the v1 API when the endpoint ends with "%s"',
  async (suffix) => {
    const { server, endpoint } = await start()
    const client = createAzureOpenAIChatClient({
      endpoint: endpoint + suffix,
      deployment: 'my-gpt',
      apiKey: 'k',
    })
    expect(client.model).toBe('my-gpt')
    expect((await ask(client, 'Hello')).message.contents).toEqual([{ type: 'text', text: 'Hi' }])
    const [request] = server.requests
    expect(request?.path).toBe('/openai/v1/chat/completions')
    expect(request?.body.model).toBe('my-gpt')
    expect(request?.headers.authorization).toBe('Bearer k')
  },
)

test('makes its calls by a fetch that is given', async () => {
  const { server, endpoint } = await start()
  const given = vi.fn(globalThis.fetch)
  const options = { endpoint, deployment: 'd', apiKey: 'k', fetch: given }
  await ask(createAzureOpenAIChatClient(options), 'Hello')
  expect(given).toHaveBeenCalledOnce()
  expect(server.requests).toHaveLength(1)
})

test('signs in with a credential, for the scope of Azure OpenAI, and keeps a fresh token', async () => {
  const { server, endpoint } = await start()
  const { credential, scopes } = createCredential(3_600_000)
  const client = createAzureOpenAIChatClient({ endpoint, deployment: 'd', credential })
  await ask(client, 'Hello')
  await ask(client, 'Hello')
  expect(scopes.flat()).toEqual(['https://cognitiveservices.azure.com/.default'])
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-1',
  ])
})

test('without a key the managed identity of an app in Azure signs in, the named one when it has several', async () => {
  const asked: string[] = []
  // Wire: Microsoft Learn, "How to use managed identities for App Service and Azure Functions", REST endpoint reference.
  const identity = createServer(({ url = '', headers }, response) => {
    asked.push(
      `${headers['x-identity-header']} ${new URL(url, 'http://identity').searchParams.get('client_id')}`,
    )
    const expiresOn = Math.floor(Date.now() / 1000) + 3600
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ access_token: 'token-of-app', expires_on: expiresOn, token_type: 'Bearer' }),
    )
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void identity.close())
  await once(identity, 'listening')
  const { port } = identity.address() as AddressInfo
  vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${port}/msi/token`)
  vi.stubEnv('IDENTITY_HEADER', 'of-the-platform')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { server, endpoint } = await start()
  await ask(createAzureOpenAIChatClient({ endpoint, deployment: 'd' }), 'Hello')
  await ask(
    createAzureOpenAIChatClient({ endpoint, deployment: 'd', managedIdentityClientId: 'mine' }),
    'Hello',
  )
  expect(asked).toEqual(['of-the-platform null', 'of-the-platform mine'])
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
    Array(2).fill('Bearer token-of-app'),
  )
})

test('gets a new token when the old one has run out', async () => {
  const { server, endpoint } = await start()
  const { credential } = createCredential(-1)
  const client = createAzureOpenAIChatClient({ endpoint, deployment: 'd', credential })
  await ask(client, 'Hello')
  await ask(client, 'Hello')
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ])
})

test.each([
  ['CredentialUnavailableError', false],
  ['AuthenticationError', true],
])('a credential that fails with %s is a model_error, retryable: %s', async (name, retryable) => {
  const { server, endpoint } = await start()
  const getToken = async () => {
    throw Object.assign(new Error('secret text from the identity service'), { name })
  }
  const client = createAzureOpenAIChatClient({ endpoint, deployment: 'd', credential: { getToken } })
  const error = await askAndFail(client)
  expect(error).toMatchObject({ code: 'model_error', retryable })
  expect(error.message).toContain(name)
  expect(error.message).not.toContain('secret')
  expect(server.requests).toHaveLength(0)
})

describe('the Responses API', () => {
  async function startResponses() {
    const server = await startResponsesServer({ script: () => ({ text: 'Hi' }) })
    onTestFinished(() => server.close())
    return { server, endpoint: `http://127.0.0.1:${server.port}` }
  }

  test('is asked at the v1 address with a key', async () => {
    const { server, endpoint } = await startResponses()
    const client = createAzureOpenAIResponsesClient({ endpoint, deployment: 'my-gpt', apiKey: 'k' })
    expect((await ask(client, 'Hello')).message.contents).toMatchObject([{ type: 'text', text: 'Hi' }])
    expect(server.requests[0]).toMatchObject({
      path: '/openai/v1/responses',
      body: { model: 'my-gpt', store: false },
      headers: { authorization: 'Bearer k' },
    })
  })

  test('is asked with the token of an identity', async () => {
    const { server, endpoint } = await startResponses()
    const { credential } = createCredential(3_600_000)
    const client = createAzureOpenAIResponsesClient({ endpoint, deployment: 'd', credential, store: true })
    await ask(client, 'Hello')
    expect(server.requests[0]).toMatchObject({
      body: { store: true },
      headers: { authorization: 'Bearer token-1' },
    })
  })

  test('is asked for a background answer as often as it is told to', async () => {
    const server = await startResponsesServer({ script: () => ({ text: 'Hi', polls: 100 }) })
    onTestFinished(() => server.close())
    const options = { deployment: 'd', apiKey: 'k', stream: false, pollIntervalMs: 1 }
    const client = createAzureOpenAIResponsesClient({
      endpoint: `http://127.0.0.1:${server.port}`,
      ...options,
    })
    const { message } = readAnswer(await collect(client, createRequest('Hello', { background: true })))
    expect(message.contents).toMatchObject([{ type: 'text', text: 'Hi' }])
    expect(server.visits).toHaveLength(101)
  })
})

describe('the endpoint', () => {
  const create = (endpoint: string) => () =>
    createAzureOpenAIChatClient({ endpoint, deployment: 'd', apiKey: 'k' })

  test.each([
    'https://my.openai.azure.com',
    'https://gw.example.com/team/',
    'http://localhost:8080',
    'http://[::1]:80',
  ])('may be %s', (endpoint) => expect(create(endpoint)).not.toThrow())

  test.each([
    'http://my.openai.azure.com',
    'http://127.0.0.1.example.com',
    'my.openai.azure.com',
    'file:///etc',
    'https://u:p@x',
    '',
  ])('may not be "%s"', (endpoint) =>
    expect(create(endpoint)).toThrow(expect.objectContaining({ code: 'invalid_configuration' })),
  )
})

test('takes a key or a credential, not both', () => {
  type Base = { endpoint: string; deployment: string }
  expectTypeOf<Base & { apiKey: string }>().toExtend<AzureOpenAIChatClientOptions>()
  expectTypeOf<Base & { credential: TokenCredential }>().toExtend<AzureOpenAIChatClientOptions>()
  expectTypeOf<Base>().toExtend<AzureOpenAIChatClientOptions>()
  expectTypeOf<
    Base & { apiKey: string; credential: TokenCredential }
  >().not.toExtend<AzureOpenAIChatClientOptions>()
})
