import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import { Agent } from '../../../src/agent/agent.js'
import { type AgentMcpServerOptions, createAgentMcpServer } from '../../../src/agent/mcp-server/index.js'
import { tool } from '../../../src/agent/tools/tool.js'
import type { ChatClient } from '../../../src/model/chat-client.js'
import { type ModelScript, ScriptedModel } from '../../../src/testing/scripted-model.js'

const url = new URL('http://localhost/mcp')

function createAgent(script: ModelScript) {
  const client = new ScriptedModel(script)
  return new Agent({ name: 'Docs', description: 'Answers questions about our documents.', client })
}

/** A client of the official kind, whose requests the server answers without a network. */
async function connect(agent: Agent, options: AgentMcpServerOptions = {}, mode: 'auto' | 'legacy' = 'auto') {
  const server = createAgentMcpServer(agent, options)
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  const fetch = (input: string | URL, init?: RequestInit) => server.fetch(new Request(input, init))
  await client.connect(
    new StreamableHTTPClientTransport(url, { fetch, requestInit: { headers: { 'x-user': 'ann' } } }),
  )
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  return client
}

test.each(['auto', 'legacy'] as const)(
  'an agent is one tool of an MCP server (%s protocol)',
  async (mode) => {
    const options = { name: 'docs-mcp', version: '2.0.0', instructions: 'Ask Docs.' }
    const client = await connect(createAgent([{ text: 'Six.' }]), options, mode)
    expect(client.getServerVersion()).toMatchObject({ name: 'docs-mcp', version: '2.0.0' })
    expect(client.getInstructions()).toBe('Ask Docs.')
    const { tools } = await client.listTools()
    expect(tools).toMatchObject([
      {
        name: 'Docs',
        description: 'Answers questions about our documents.',
        inputSchema: { type: 'object', required: ['query'] },
      },
    ])
    const result = await client.callTool({ name: 'Docs', arguments: { query: 'When is high tide?' } })
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'Six.' }] })
  },
)

test('what the agent says while it works is reported as progress', async () => {
  const client = await connect(createAgent([{ text: 'High tide.', chunks: ['High ', 'tide.'] }]))
  const reports: (string | undefined)[] = []
  const onprogress = ({ message }: { message?: string | undefined }) => reports.push(message)
  await client.callTool({ name: 'Docs', arguments: { query: 'Tides?' } }, { onprogress })
  expect(reports.join('')).toBe('High tide.')
})

test('a run that fails is a tool that fails, and what is not ours to tell stays here', async () => {
  const broken = createAgent([{ error: new Error('password is 1234') }])
  const result = await (await connect(broken)).callTool({ name: 'Docs', arguments: { query: '?' } })
  expect(result).toMatchObject({ isError: true })
  expect(JSON.stringify(result)).not.toContain('1234')
})

test('a caller who goes away ends the run', async () => {
  const stop = new AbortController()
  const ended = new Promise<unknown>((resolve) => {
    const endless: ChatClient = {
      model: 'endless',
      async *stream(_request, { signal } = {}) {
        yield { type: 'text', text: 'Well' }
        signal?.addEventListener('abort', resolve)
        await new Promise(() => {})
      },
    }
    const agent = new Agent({ name: 'Docs', client: endless })
    const options = { onprogress: () => stop.abort(), signal: stop.signal }
    const call = connect(agent).then((client) =>
      client.callTool({ name: 'Docs', arguments: { query: '?' } }, options),
    )
    call.catch(() => {})
  })
  await ended
  expect(stop.signal.aborted).toBe(true)
})

test("the agent's tools know the caller, and its model does not", async () => {
  const whoAmI = tool({ name: 'who', description: '', execute: (_args, { values }) => values.user })
  const client = new ScriptedModel([{ calls: [{ name: 'who', arguments: {} }] }, { text: 'ok' }])
  const agent = new Agent({ name: 'Docs', client, tools: [whoAmI] })
  const context = (request: Request | undefined) => ({ user: request?.headers.get('x-user') })
  const mcp = await connect(agent, { context })
  await mcp.callTool({ name: 'Docs', arguments: { query: '?' } })
  expect(client.requests[1]?.messages.at(-1)?.contents).toMatchObject([{ result: 'ann' }])
  expect(JSON.stringify(client.requests[0])).not.toContain('ann')
})

test('contents that are not text are left out, with a warning', async () => {
  const painter: ChatClient = {
    model: 'painter',
    async *stream() {
      const contents = [
        { type: 'text', text: 'Here.' },
        { type: 'data', uri: 'data:image/png;base64,AA==', mediaType: 'image/png' },
      ] as const
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
      const message = { role: 'assistant', contents } as const
      yield { type: 'completed', message, usage, finishReason: 'stop', model: 'painter' }
    },
  }
  const warnings: string[] = []
  const onWarning = (warning: string) => warnings.push(warning)
  const client = await connect(new Agent({ name: 'Docs', client: painter }), { onWarning })
  expect(await client.callTool({ name: 'Docs', arguments: { query: '?' } })).toMatchObject({
    content: [{ type: 'text', text: 'Here.' }],
  })
  expect(warnings).toEqual([expect.stringContaining('image/png')])
})

test.each([
  [{ host: 'evil.example' }, 403],
  [{ host: 'localhost', origin: 'http://evil.example' }, 403],
  [{ host: 'localhost', origin: 'http://localhost' }, 405],
])('with allowed hosts a request from %j is answered %i', async (headers, status) => {
  const server = createAgentMcpServer(createAgent([]), { allowedHosts: ['localhost'] })
  expect((await server.fetch(new Request(url, { headers }))).status).toBe(status)
})
