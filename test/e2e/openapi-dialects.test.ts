import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { protocolNames } from '../../src/http/protocols/protocols.js'
import {
  findFaults,
  findMisfits,
  type OpenApiContent,
  type OpenApiDocument,
  type OpenApiOperation,
  toOperations,
} from '../support/openapi-document.js'
import { type RunningApp, TestBed } from '../support/start-app.js'
import { createTempApp, type TempApp } from '../support/temp-app.js'

const bed = new TestBed()
let files: TempApp
let app: RunningApp
let document: OpenApiDocument
let operations: ReadonlyMap<string, OpenApiOperation>

const agents = ['One', 'Two']

beforeAll(async () => {
  files = await createTempApp({
    'app.js': `
      import { Agent, AgentFunctionApp, functionNode, WorkflowBuilder } from 'durable-agent-functions'
      import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
      const client = createChatClientFromEnvironment()
      new AgentFunctionApp({
        agents: ${JSON.stringify(agents)}.map((name) => new Agent({ name, client })),
        workflows: [new WorkflowBuilder({ name: 'Flow', start: functionNode('echo', (input) => input) }).build()],
        protocols: ${JSON.stringify(protocolNames)},
        chatPage: true,
      })`,
  })
  app = await bed.startApp({ root: files.root, entry: 'app.js', dataDir: await bed.createFolder() })
  document = (await app.api.call<OpenApiDocument>('/openapi.json')).body
  operations = toOperations(document)
})

afterAll(async () => {
  await bed.end()
  await files.remove()
})

interface HttpFunction {
  readonly config: {
    readonly bindings: readonly {
      readonly type: string
      readonly route?: string
      readonly methods?: readonly string[]
    }[]
  }
}

/** What the host has been told to serve, but for what answers all paths that nothing else does: OpenAPI has no words for those. */
async function listServed(): Promise<readonly string[]> {
  const reply = await fetch(`${app.url}/admin/functions`)
  const functions = (await reply.json()) as readonly HttpFunction[]
  return functions
    .flatMap(({ config }) => config.bindings)
    .filter(({ type, route = '' }) => type === 'httpTrigger' && !route.endsWith('{*path}'))
    .flatMap(({ route = '', methods = [] }) => methods.map((method) => `${method} /${route}`))
    .flatMap((name) => (name.includes('{agent}') ? agents.map((one) => name.replace('{agent}', one)) : name))
}

test('an app with everything switched on serves what the document tells of, and nothing else', async () => {
  const served = await listServed()
  expect(served.length).toBeGreaterThan(30)
  expect([...operations.keys()].sort()).toEqual([...served].sort())
  expect(findFaults(document)).toEqual([])
})

/** What of an answer its operation does not say. */
async function findUntold(operation: OpenApiOperation, reply: Response): Promise<readonly string[]> {
  const { status } = reply
  const text = await reply.text()
  const told: OpenApiContent | undefined = operation.responses[status] ?? operation.responses.default
  const type = reply.headers.get('content-type')?.split(';')[0]
  if (type === undefined) return told?.content === undefined ? [] : [`${status}: has no body`]
  const schema = told?.content?.[type]?.schema
  if (schema === undefined) return [`${status}: ${type}`]
  return type.includes('json') ? findMisfits(document, schema, JSON.parse(text)) : []
}

function send(name: string, body?: object): Promise<Response> {
  const [method = '', path = ''] = name.split(' ')
  const init = { method, headers: { 'content-type': 'application/json' } }
  return fetch(`${app.url}/api${path}`, method === 'GET' ? init : { ...init, body: JSON.stringify(body) })
}

describe('the answers of dialects are told:', () => {
  const messages = (content: unknown, more = {}) => [{ role: 'user', content, ...more }]
  const said = [{ type: 'text', text: 'Hi' }]
  const rpc = (method: string, messageId: string) => {
    const message = { messageId, role: 'ROLE_USER', parts: [{ text: 'Hi' }] }
    return { jsonrpc: '2.0', id: 1, method, params: { message } }
  }

  test.each<[name: string, body: object]>([
    ['POST /compatible-mode/v1/chat/completions', { model: 'One', messages: messages('Hi') }],
    ['POST /compatible-mode/v1/chat/completions', { model: 'One', messages: messages('Hi'), stream: true }],
    ['POST /compatible-mode/v1/responses', { model: 'One', input: messages('Hi') }],
    ['POST /compatible-mode/v1/responses', { model: 'One', input: 'Hi', stream: true }],
    ['POST /process', { model: 'One', input: messages(said), stream: false }],
    ['POST /process', { model: 'One', input: messages(said) }],
    ['POST /ai-sdk/One', { id: 'chat', message: { id: 'm', role: 'user', parts: said } }],
    [
      'POST /ag-ui',
      { threadId: 't', runId: 'r', messages: messages('Hi', { id: 'm' }), forwardedProps: { agent: 'One' } },
    ],
    ['POST /ag-ui/One', { threadId: 't', runId: 's', messages: messages('Hi', { id: 'n' }) }],
    ['POST /a2a/One', rpc('SendMessage', 'once')],
    ['POST /a2a/One', rpc('SendStreamingMessage', 'streamed')],
  ])('%s %j', async (name, body) => {
    const operation = operations.get(name) as OpenApiOperation
    const request = operation.requestBody?.content?.['application/json']?.schema
    expect(findMisfits(document, request, body)).toEqual([])
    const reply = await send(name, body)
    expect(reply.status).toBe(200)
    expect(await findUntold(operation, reply)).toEqual([])
  })

  test('conversations, and lists', async () => {
    for (const [name, path] of [
      ['GET /ai-sdk/One/{chatId}', 'GET /ai-sdk/One/chat'],
      ['GET /ag-ui/One/{threadId}', 'GET /ag-ui/One/t'],
      ['GET /compatible-mode/v1/models', 'GET /compatible-mode/v1/models'],
      ['GET /compatible-mode/v1/models/{model}', 'GET /compatible-mode/v1/models/One'],
    ] as const) {
      const reply = await send(path)
      expect(reply.status, name).toBe(200)
      expect(await findUntold(operations.get(name) as OpenApiOperation, reply), name).toEqual([])
    }
  })

  test('whatever is wrong', async () => {
    const spoken = [...operations].filter(([, { tags }]) => tags !== undefined)
    expect(new Set(spoken.flatMap(([, { tags }]) => tags)).size).toBe(protocolNames.length)
    for (const [name, operation] of spoken) {
      const reply = await send(name.replaceAll(/\{\w+\}/g, 'nope'), { nope: 1 })
      expect(await findUntold(operation, reply), name).toEqual([])
    }
  })
})

test('every parameter that is told of in a query is taken', async () => {
  for (const [name, { parameters = [] }] of operations) {
    const query = parameters.filter((one) => one.in === 'query').map((one) => `${one.name}=1`)
    const reply = await send(`${name.replaceAll(/\{\w+\}/g, 'nope')}?${query.join('&')}`, {})
    expect(await reply.text(), name).not.toContain('is not a known query parameter')
  }
})
