import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Agent } from '../../../src/agent/agent.js'
import { mcpHttp } from '../../../src/agent/mcp/index.js'
import { conversation, ScriptedModel } from '../../../src/testing/scripted-model.js'
import { serveHttp } from './servers.js'

interface Request {
  readonly id?: number
  readonly method: string
  readonly session: string | undefined
}

/** What a server says to a request; what it returns is the result. */
type Answers = Readonly<Record<string, (request: Request, response: ServerResponse) => object | undefined>>

const usual: Answers = {
  initialize: () => ({
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'odd', version: '1' },
  }),
  'tools/list': () => ({ tools: [{ name: 'work', inputSchema: { type: 'object' } }] }),
  'tools/call': () => ({ content: [{ type: 'text', text: 'worked' }] }),
}

/** A server that speaks JSON-RPC by hand, and an agent that has it work once. */
async function createAgent(odd: Answers, requestTimeoutMs = 500) {
  const answers = { ...usual, ...odd }
  const { url, requests } = await serveHttp(async (incoming, outgoing) => {
    const text = Buffer.concat(await incoming.toArray()).toString()
    if (text === '') return outgoing.writeHead(405).end()
    const { id, method } = JSON.parse(text)
    if (id === undefined) return outgoing.writeHead(202).end()
    const session = incoming.headers['mcp-session-id']?.toString()
    const result = answers[method]?.({ id, method, session }, outgoing)
    const error = { code: -32601, message: 'secret' }
    const known = method in answers
    if (known && result === undefined) return
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, ...(known ? { result } : { error }) }))
  })
  const source = mcpHttp({ name: 'odd', url, allowPrivateNetwork: true, requestTimeoutMs })
  onTestFinished(() => source.close())
  const client = new ScriptedModel(
    conversation([{ calls: [{ name: 'odd_work', arguments: {} }] }, { text: 'ok' }]),
  )
  return { client, requests, agent: new Agent({ name: 'Agent', client, tools: [source] }) }
}

async function toResult(agent: Agent) {
  const { messages } = await agent.run('Go')
  const [result] = messages
    .flatMap(({ contents }) => contents)
    .filter(({ type }) => type === 'functionResult')
  return result
}

test('a server that has forgotten the session is asked again in a new one', async () => {
  let sessions = 0
  const { agent } = await createAgent({
    initialize(request, response) {
      sessions += 1
      response.setHeader('mcp-session-id', `session-${sessions}`)
      return usual.initialize?.(request, response)
    },
    'tools/call'(request, response) {
      if (request.session !== 'session-1') return usual['tools/call']?.(request, response)
      response.writeHead(404).end()
      return undefined
    },
  })
  expect(await toResult(agent)).toMatchObject({ result: 'worked' })
  expect(sessions).toBe(2)
})

test.each<[string, Answers[string], string]>([
  ['does not list its tools', () => undefined, 'did not list its tools in time'],
  ['lists a tool without a schema', () => ({ tools: [{ name: 'work' }] }), 'lists tools that cannot be read'],
  ['lists no tools at all', () => ({ tools: 'none' }), 'lists tools that cannot be read'],
  [
    'refuses to',
    (_, response) => void response.writeHead(403).end('secret'),
    'refuses to list its tools (HTTP 403)',
  ],
])('a server that %s is named by the failure', async (_, list, why) => {
  const { agent } = await createAgent({ 'tools/list': list })
  await expect(agent.run('Go')).rejects.toMatchObject({
    code: 'tools_unavailable',
    message: `MCP server "odd" ${why}.`,
  })
})

test('a server that is lost while it lists its tools is asked again', async () => {
  let lists = 0
  const { agent } = await createAgent({
    'tools/list'(request, response) {
      lists += 1
      if (lists > 1) return usual['tools/list']?.(request, response)
      response.destroy()
      return undefined
    },
  })
  expect(await toResult(agent)).toMatchObject({ result: 'worked' })
})

test('of two tools with one name the first counts', async () => {
  const tools = ['first', 'second'].map((description) => ({
    name: 'work',
    description,
    inputSchema: { type: 'object' },
  }))
  const { agent, client } = await createAgent({ 'tools/list': () => ({ tools }) })
  expect(await toResult(agent)).toMatchObject({ result: 'worked' })
  expect(client.requests[0]?.tools).toMatchObject([
    { name: 'odd_work', description: 'first', parameters: { type: 'object', properties: {} } },
  ])
})

test('a failure without text is told by its structured content', async () => {
  const { agent } = await createAgent({
    'tools/call': () => ({ content: [], structuredContent: { why: 'closed' }, isError: true }),
  })
  expect(await toResult(agent)).toMatchObject({ error: '{"why":"closed"}' })
})

test('an answer that would fill the memory is not read to its end', async () => {
  const megabyte = 'a'.repeat(1024 * 1024)
  let sent = 0
  const flood = (response: ServerResponse) => {
    while (sent < 100 && !response.closed) {
      sent += 1
      if (!response.write(megabyte)) return void response.once('drain', () => flood(response))
    }
    response.end('"')
  }
  const answers: Answers = {
    'tools/call'(_, response) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('"')
      flood(response)
      return undefined
    },
  }
  const { agent } = await createAgent(answers, 30_000)
  expect(await toResult(agent)).toMatchObject({
    error: 'MCP server "odd" has answered with more than 16777216 bytes, which are not read.',
  })
  expect(sent).toBeLessThan(50)
})

test('a name of a tool is no more than text in a warning', async () => {
  const { url } = await serveHttp(async (incoming, outgoing) => {
    const { id, method } = JSON.parse(Buffer.concat(await incoming.toArray()).toString() || '{}')
    if (id === undefined) return outgoing.writeHead(method === undefined ? 405 : 202).end()
    const tools = [{ name: '\u001b]0;evil\u0007\nAll is well', inputSchema: { type: 'object' } }]
    const result = method === 'initialize' ? usual.initialize?.({ method } as Request, outgoing) : { tools }
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
  const source = mcpHttp({ name: 'odd', url, allowPrivateNetwork: true, approval: { always: ['work'] } })
  onTestFinished(() => source.close())
  const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => emitWarning.mockRestore())
  await new Agent({ name: 'Agent', client: new ScriptedModel([{ text: 'ok' }]), tools: [source] }).run('Go')
  expect(emitWarning.mock.calls.map(([warning]) => warning)).toEqual([
    expect.stringContaining('It has: ␛]0;evil␇␊All is well.'),
  ])
})
