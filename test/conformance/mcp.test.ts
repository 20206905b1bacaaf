import { join } from 'node:path'
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'

const root = join(import.meta.dirname, '../fixtures/apps/mcp')
let host: SpawnedHost
let client: Client
let sessionId: string | undefined

beforeAll(async () => {
  host = await spawnHost({ root })
  client = new Client({ name: 'tests', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(`${host.url}/runtime/webhooks/mcp`))
  await client.connect(transport)
  sessionId = transport.sessionId
})
afterAll(async () => {
  await client.close()
  await host.stop('SIGKILL')
})

const readLast = async (): Promise<unknown> => (await fetch(`${host.url}/api/last`)).json()

test('122. introduces itself as host.json says', () => {
  expect(client.getServerVersion()).toEqual({ name: 'Weather', version: '2.0.0' })
  expect(client.getInstructions()).toBe('Ask for a city.')
  expect(client.getServerCapabilities()).toEqual({ tools: {}, resources: {}, prompts: {} })
  expect(host.output()).toContain(`MCP server endpoint: ${host.url}/runtime/webhooks/mcp`)
})

test('122. lists tools with the schemas of their arguments', async () => {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['data', 'nothing', 'rich', 'throws', 'weather'])
  expect(tools[4]).toEqual({
    name: 'weather',
    description: 'The tool weather',
    inputSchema: {
      type: 'object',
      properties: {
        city: { type: 'string', description: 'Name of the city' },
        days: { type: 'number', description: '' },
        tags: { type: 'array', items: { type: 'string' }, description: '' },
      },
      required: ['city'],
    },
    _meta: { ui: { icon: 'sun' } },
  })
  expect(tools[2]?.outputSchema).toEqual({ type: 'object', properties: { ok: { type: 'boolean' } } })
})

test('122. gives what a function returns as the result of the tool', async () => {
  const call = (name: string, values = {}) => client.callTool({ name, arguments: values })
  expect(await call('weather', { city: 'Paris' })).toEqual({
    content: [{ type: 'text', text: 'Sunny in Paris.' }],
  })
  expect(await call('nothing')).toEqual({ content: [] })
  expect(await call('data')).toEqual({ content: [{ type: 'text', text: '{"temperature":72}' }] })
  expect(await call('rich')).toEqual({
    content: [
      { type: 'text', text: 'see' },
      { type: 'image', data: Buffer.from('png').toString('base64'), mimeType: 'image/png' },
    ],
    structuredContent: { ok: true },
  })
})

test('122. tells the function who calls', async () => {
  await client.callTool({ name: 'Weather', arguments: { city: 'Paris', days: 2, tags: ['a'], wet: true } })
  const context = {
    name: 'Weather',
    arguments: { city: 'Paris', days: 2, tags: ['a'], wet: true },
    sessionid: sessionId,
    transport: {
      name: 'http-streamable',
      sessionId,
      properties: { headers: expect.objectContaining({ 'mcp-session-id': sessionId }) },
    },
  }
  expect(await readLast()).toEqual({
    input: context,
    metadata: {
      mcptoolcontext: context,
      mcpsessionid: sessionId,
      mcptoolargs: { city: 'Paris', days: '2', tags: '["a"]', wet: 'True' },
    },
  })
})

test('122. refuses a call without its required arguments, and an unknown tool, without running anything', async () => {
  const refused = client.callTool({ name: 'weather', arguments: { city: null } })
  await expect(refused).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining(
      'One or more required tool properties are missing values. Please provide: city',
    ),
  })
  await expect(client.callTool({ name: 'nowhere' })).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining("Unknown tool: 'nowhere'"),
  })
})

test('122. a tool that throws gives a result that says so, and nothing of the error', async () => {
  expect(await client.callTool({ name: 'throws' })).toEqual({
    content: [{ type: 'text', text: "An error occurred invoking 'throws'." }],
    isError: true,
  })
  await host.waitForOutput(/Exception: secret detail/)
})

test('serves resources, by their URI and by template', async () => {
  const { resources } = await client.listResources()
  expect(resources).toEqual([
    { uri: 'file://docs/logo.png', name: 'logo', mimeType: 'image/png' },
    { uri: 'file://docs/readme.md', name: 'readme', mimeType: 'text/markdown' },
  ])
  const { resourceTemplates } = await client.listResourceTemplates()
  expect(resourceTemplates).toEqual([{ uriTemplate: 'user://profiles/{id}', name: 'profile' }])
  const read = async (uri: string) => (await client.readResource({ uri })).contents
  expect(await read('file://docs/readme.md')).toEqual([
    { uri: 'file://docs/readme.md', mimeType: 'text/markdown', text: '# Hello' },
  ])
  expect(await readLast()).toMatchObject({
    input: { uri: 'file://docs/readme.md', sessionid: sessionId },
    metadata: { mcpresourceuri: 'file://docs/readme.md' },
  })
  expect(await read('file://docs/logo.png')).toEqual([
    {
      uri: 'file://docs/logo.png',
      mimeType: 'image/png',
      blob: Buffer.from('png').toString('base64'),
    },
  ])
  expect(await read('user://profiles/ada')).toEqual([{ uri: 'user://profiles/ada', text: 'profile ada' }])
  await expect(read('file://nowhere')).rejects.toThrow("Unknown resource: 'file://nowhere'")
})

test('serves prompts', async () => {
  const { prompts } = await client.listPrompts()
  expect(prompts).toEqual([
    {
      name: 'review',
      description: 'Reviews code',
      arguments: [{ name: 'code', description: 'The code', required: true }],
    },
  ])
  expect(await client.getPrompt({ name: 'review', arguments: { code: 'x = 1' } })).toEqual({
    messages: [{ role: 'user', content: { type: 'text', text: 'Please review: x = 1' } }],
  })
  await expect(client.getPrompt({ name: 'review' })).rejects.toThrow('Please provide: code')
})

test('names of tools are unique, whatever their casing', () => {
  expect(host.output()).toContain(
    "The 'sameName' function is in error: Tool with name 'WEATHER' is already registered.",
  )
})

interface Post {
  readonly accept?: string
  readonly type?: string
  readonly session?: string
  readonly body?: string
}

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

function post({
  accept = 'application/json, text/event-stream',
  type = 'application/json',
  session,
  body = ping,
}: Post) {
  const headers = {
    accept,
    'content-type': type,
    ...(session !== undefined && { 'mcp-session-id': session }),
  }
  return fetch(`${host.url}/runtime/webhooks/mcp`, { method: 'POST', headers, body })
}

test.each<[string, Post, number, RegExp]>([
  ['an event for a request', {}, 200, /^event: message\ndata: \{"jsonrpc":"2.0","id":1,"result":\{\}\}\n\n$/],
  [
    '415 to what is no JSON, which any web page could send',
    { type: 'text/plain' },
    415,
    /must be application\/json/,
  ],
  ['406 to clients that do not take events', { accept: 'application/json' }, 406, /Not Acceptable/],
  [
    '400 to a session id that it has not made',
    { session: `${'0'.repeat(32)}.x` },
    400,
    /Invalid client state\./,
  ],
  ['400 to what is no message', { body: '{' }, 400, /did not contain a valid JSON-RPC message/],
  ['400 to a batch', { body: `[${ping}]` }, 400, /did not contain a valid JSON-RPC message/],
  ['202 to a notification', { body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' }, 202, /^$/],
  ['an error to an unknown method', { body: ping.replace('ping', 'x/y') }, 200, /"error":\{"code":-32601,/],
])('122. answers %s', async (_, request, status, body) => {
  const answer = await post(request)
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(body)])
})

test('122. answers 405 to other methods than POST', async () => {
  expect((await fetch(`${host.url}/runtime/webhooks/mcp`)).status).toBe(405)
})

test('serves clients of the legacy transport, and tells the function what they say of themselves', async () => {
  const legacy = new Client({ name: 'old', version: '0.9.0' })
  await legacy.connect(new SSEClientTransport(new URL(`${host.url}/runtime/webhooks/mcp/sse`)))
  try {
    expect((await legacy.listTools()).tools).toHaveLength(5)
    const answer = await legacy.callTool({ name: 'weather', arguments: { city: 'Rome' } })
    expect(answer).toEqual({ content: [{ type: 'text', text: 'Sunny in Rome.' }] })
    expect(await readLast()).toMatchObject({
      input: {
        sessionid: expect.any(String),
        clientinfo: { name: 'old', version: '0.9.0' },
        transport: { name: 'http-sse' },
      },
    })
  } finally {
    await legacy.close()
  }
})

test('the legacy transport refuses messages of nobody who listens', async () => {
  const send = async (query: string): Promise<readonly [number, string]> => {
    const headers = { 'content-type': 'application/json' }
    const url = `${host.url}/runtime/webhooks/mcp/message${query}`
    const answer = await fetch(url, { method: 'POST', headers, body: ping })
    return [answer.status, await answer.text()]
  }
  const hint = 'Please connect to the /sse endpoint to initiate your session.'
  expect(await send('')).toEqual([400, `Missing service context. ${hint}`])
  expect(await send('?azmcpcs=x')).toEqual([400, `Invalid client state. ${hint}`])
  expect(await send(`?azmcpcs=${sessionId}`)).toEqual([
    400,
    expect.stringMatching(/^No active session for client/),
  ])
})

test('a host with a listening client stops at once', async () => {
  const other = await spawnHost({ root })
  const stream = await fetch(`${other.url}/runtime/webhooks/mcp/sse?code=my%20key`)
  const first = await stream.body?.pipeThrough(new TextDecoderStream()).getReader().read()
  expect(first?.value).toMatch(/^event: endpoint\ndata: message\?azmcpcs=[\w.-]+&code=my%20key\n\n$/)
  const stoppedAt = Date.now()
  expect(await other.stop()).toBe(0)
  expect(Date.now() - stoppedAt).toBeLessThan(5000)
})
