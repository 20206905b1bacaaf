import type { IncomingMessage, ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/server'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../src/agent/agent.js'
import { type McpHttpOptions, mcpHttp } from '../../../src/agent/mcp/index.js'
import { conversation, type ModelStep, ScriptedModel } from '../../../src/testing/scripted-model.js'
import { serveHttp, serveMcp, startEverythingOverHttp } from './servers.js'

function createAgent(options: McpHttpOptions, steps: readonly ModelStep[]) {
  const source = mcpHttp({ allowPrivateNetwork: true, ...options })
  onTestFinished(() => source.close())
  const client = new ScriptedModel(conversation(steps))
  return { source, client, agent: new Agent({ name: 'Agent', client, tools: [source] }) }
}

async function toResults(agent: Agent, context: Record<string, string> = {}) {
  const { messages } = await agent.run('Go', { context })
  return messages
    .flatMap(({ contents }) => contents)
    .flatMap((content) => (content.type === 'functionResult' ? [content.result ?? content.error] : []))
}

function createBilling(listInvoices: () => string | Promise<string>) {
  const server = new McpServer({ name: 'billing', version: '1' })
  const definition = { description: 'Lists invoices.', inputSchema: z.object({}) }
  server.registerTool('list_invoices', definition, async () => ({
    content: [{ type: 'text', text: await listInvoices() }],
  }))
  return server
}

const listInvoices: readonly ModelStep[] = [
  { calls: [{ name: 'billing_list_invoices', arguments: {} }] },
  { text: 'done' },
]

test('an agent calls tools of the reference server over streamable HTTP', async () => {
  const { agent } = createAgent({ name: 'all', url: await startEverythingOverHttp() }, [
    { calls: [{ name: 'all_get-sum', arguments: { a: 1, b: 2 } }] },
    { calls: [{ name: 'all_trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } }] },
    { text: 'done' },
  ])
  expect(await toResults(agent)).toEqual([
    'The sum of 1 and 2 is 3.',
    'Long running operation completed. Duration: 0.2 seconds, Steps: 2.',
  ])
})

test('how far a server says that it has got is the progress of its tool', async () => {
  const { agent } = createAgent({ name: 'all', url: await startEverythingOverHttp() }, [
    { calls: [{ name: 'all_trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } }] },
    { text: 'done' },
  ])
  const progress: unknown[] = []
  for await (const update of agent.run('Go'))
    if (update.progress !== undefined) progress.push(update.progress)
  expect(progress).toMatchObject([
    { progress: { progress: 1, total: 2 } },
    { progress: { progress: 2, total: 2 } },
  ])
})

test('each run sends headers of its own, also those that run side by side', async () => {
  const seen = new Set<string>()
  const { url } = await serveMcp(({ requestInfo }) => {
    const sent = `${requestInfo?.headers.get('authorization')} ${requestInfo?.headers.get('x-tenant-id')}`
    seen.add(sent)
    return createBilling(() => `invoices of ${sent}`)
  })
  const { agent } = createAgent(
    {
      name: 'billing',
      url,
      headers: ({ values }) => ({
        Authorization: `Bearer ${values.token}`,
        'X-Tenant-Id': String(values.tenant),
      }),
    },
    listInvoices,
  )
  const runs = ['acme', 'globex'].map((tenant) => toResults(agent, { tenant, token: `tk-${tenant}` }))
  expect(await Promise.all(runs)).toEqual([
    ['invoices of Bearer tk-acme acme'],
    ['invoices of Bearer tk-globex globex'],
  ])
  expect([...seen].sort()).toEqual(['Bearer tk-acme acme', 'Bearer tk-globex globex'])
})

/** Passes a request on as it is, with its protocol headers. */
async function forward(url: string, incoming: IncomingMessage, body: string, outgoing: ServerResponse) {
  const headers = Object.entries(incoming.headers).filter(([name]) =>
    /^(accept|content-type|mcp-.+)$/.test(name),
  )
  const response = await fetch(url, { method: 'POST', headers: headers as [string, string][], body })
  outgoing.writeHead(response.status, { 'content-type': response.headers.get('content-type') ?? '' })
  outgoing.end(Buffer.from(await response.arrayBuffer()))
}

test.each<[string, (response: ServerResponse) => void]>([
  ['is never answered', (response) => response.destroy()],
  [
    'is answered by a stream that breaks',
    (response) => response.write(': working\n\n', () => response.destroy()),
  ],
  ['is answered by a stream that just ends', (response) => response.end(': working\n\n')],
  ['is refused by a gateway', (response) => response.writeHead(502).end()],
])('the outcome of a call that %s is unknown, at once', async (_name, breakOff) => {
  const { url } = await serveMcp(() => createBilling(() => 'none'))
  let calls = 0
  const gateway = await serveHttp(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray()).toString()
    if (body.includes('tools/call') && ++calls === 1) {
      outgoing.setHeader('content-type', 'text/event-stream')
      return breakOff(outgoing)
    }
    return forward(url, incoming, body, outgoing)
  })
  const { agent } = createAgent({ name: 'billing', url: gateway.url, onUnknownOutcome: 'fail' }, [
    ...listInvoices.slice(0, 1),
    ...listInvoices,
  ])
  expect(await toResults(agent)).toEqual([
    expect.stringContaining('whether it took effect is unknown'),
    'none',
  ])
})

test('a call that the server refused has an outcome', async () => {
  const { url } = await serveMcp(() => createBilling(() => 'none'))
  const gateway = await serveHttp(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray()).toString()
    if (body.includes('tools/call')) return outgoing.writeHead(403).end('not you')
    return forward(url, incoming, body, outgoing)
  })
  const { agent } = createAgent({ name: 'billing', url: gateway.url }, listInvoices)
  expect(await toResults(agent)).toEqual([expect.stringContaining('not you')])
})

test('an address on a private network is not contacted unless that is allowed', async () => {
  const { url, requests } = await serveMcp(() => createBilling(() => 'none'))
  const { agent } = createAgent({ name: 'billing', url, allowPrivateNetwork: false }, listInvoices)
  await expect(agent.run('Go')).rejects.toMatchObject({
    code: 'invalid_configuration',
    message: expect.stringContaining('127.0.0.1 is not on the public internet'),
  })
  const byName = createAgent(
    { name: 'billing', url: url.replace('127.0.0.1', 'localhost'), allowPrivateNetwork: false },
    listInvoices,
  )
  await expect(byName.agent.run('Go')).rejects.toMatchObject({
    message: expect.stringContaining('"localhost" leads to'),
  })
  expect(requests).toEqual([])
})

test('a redirect to another origin is not followed, so no header gets there', async () => {
  const stranger = await serveMcp(() => createBilling(() => 'stolen'))
  const { url } = await serveHttp((_request, response) => {
    response.writeHead(307, { location: stranger.url }).end()
  })
  const { agent } = createAgent({ name: 'billing', url, headers: { Authorization: 'secret' } }, listInvoices)
  await expect(agent.run('Go')).rejects.toMatchObject({ code: 'tools_unavailable' })
  expect(stranger.requests).toEqual([])
})

test('a server that is down for good fails the run', async () => {
  const { agent } = createAgent({ name: 'billing', url: 'http://127.0.0.1:9/mcp' }, listInvoices)
  await expect(agent.run('Go')).rejects.toMatchObject({ code: 'tools_unavailable' })
})

test('a server that is just coming up is waited for; one that refuses is not', async () => {
  const { url } = await serveMcp(() => createBilling(() => 'none'))
  let status = 503
  const gateway = await serveHttp(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray()).toString()
    const failing = status
    status = 200
    return failing === 200 ? forward(url, incoming, body, outgoing) : outgoing.writeHead(failing).end()
  })
  const { agent } = createAgent({ name: 'billing', url: gateway.url }, listInvoices)
  expect(await toResults(agent)).toEqual(['none'])
  const refusing = await serveHttp((_request, response) => response.writeHead(403).end())
  const refused = createAgent({ name: 'billing', url: refusing.url }, listInvoices)
  await expect(toResults(refused.agent)).rejects.toMatchObject({ code: 'tools_unavailable' })
  expect(refusing.requests).toHaveLength(1)
})

test.each(['ftp://example.com', 'not a url', 'https://user:secret@example.com'])(
  'the URL %s is refused, without repeating what may be secret in it',
  (url) => {
    expect(() => mcpHttp({ name: 'x', url })).toThrow('The URL of MCP server "x" must be')
    expect(() => mcpHttp({ name: 'x', url })).not.toThrow('secret')
  },
)
