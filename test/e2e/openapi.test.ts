import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { type AppSurface, createOpenApi } from '../../src/http/openapi.js'
import { createProtocolRoutes } from '../../src/http/protocols/protocols.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { findMisfits as findSchemaMisfits, type OpenApiDocument } from '../support/openapi-document.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

/** A surface with one agent and nothing switched on. */
const off = {
  agents: [new Agent({ name: 'A', client: new ScriptedModel([]) })],
  workflows: [],
  authLevel: 'function',
  health: false,
  allowance: false,
  chatPage: false,
  dialects: [],
} as const

let scene: RunScene
let workflows: RunningApp
let agents: OpenApiDocument
let flows: OpenApiDocument

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
  scene.book.add('Ask the expert', callTools(call('Expert', { query: 'Refund order 7' })))
  scene.book.add('Fail', { error: { status: 400, body: {} } })
  workflows = await bed.startApp({ entry: 'samples/21-parallel-workflow' })
  agents = (await scene.api.call<OpenApiDocument>('/openapi.json')).body
  flows = (await workflows.api.call<OpenApiDocument>('/openapi.json')).body
})

/** What of an answer the published schema does not say. */
function findMisfits(name: string, body: unknown): readonly string[] {
  return findSchemaMisfits(agents, agents.components.schemas[name], body)
}

describe('the published schemas say all of', () => {
  test('an answer, its outcome, the session and the lists', async () => {
    const { body } = await scene.api.run({ message: 'Hi', sessionId: 'said', correlationId: 'r' })
    expect(findMisfits('Answer', body)).toEqual([])
    expect(findMisfits('Outcome', (await scene.api.outcome('said', 'r')).body)).toEqual([])
    expect(findMisfits('State', (await scene.api.state('said')).body)).toEqual([])
    expect(findMisfits('Agent', (await scene.api.sessions()).body)).toEqual([])
    expect(findMisfits('Agents', (await scene.api.call('/agents')).body)).toEqual([])
  })

  test.each([
    ['a human', 'Refund order 7'],
    ['a human, inside another agent', 'Ask the expert'],
  ])('a run that waits for %s', async (_whom, message) => {
    const { body } = await scene.api.run({ message, sessionId: message, correlationId: 'r' })
    expect(body.approvals).toHaveLength(1)
    expect(findMisfits('Pending', body)).toEqual([])
    expect(findMisfits('State', (await scene.api.state(message)).body)).toEqual([])
    await scene.api.cancel(message, 'r')
    await scene.api.waitForOutcome(message, 'r')
    expect(findMisfits('Outcome', (await scene.api.outcome(message, 'r')).body)).toEqual([])
  })

  test('a failure, and how the session shows it', async () => {
    const { body } = await scene.api.run({ message: 'Fail', sessionId: 'failed', correlationId: 'r' })
    expect(findMisfits('Problem', body)).toEqual([])
    expect(findMisfits('Outcome', (await scene.api.outcome('failed', 'r')).body)).toEqual([])
    const state = await scene.api.state('failed')
    expect(state.body.conversation_history.at(-1)?.agent_response?.error).toMatchObject({
      code: 'model_error',
    })
    expect(findMisfits('State', state.body)).toEqual([])
    expect(findMisfits('Problem', (await scene.api.run({ message: '', nope: 1 })).body)).toEqual([])
  })

  test('the health of an app, its stores looked at or not', async () => {
    expect(findMisfits('Health', (await scene.api.call('/health')).body)).toEqual([])
    expect(findMisfits('Health', (await scene.api.call('/health?deep=true')).body)).toEqual([])
  })
})

describe('the document names', () => {
  test('each form in which a start of a workflow is answered', async () => {
    const [path = ''] = Object.keys(flows.paths).filter(
      (one) => one.endsWith('/run') && one.includes('workflows'),
    )
    for (const [query, accept, status] of [
      ['', 'application/json', 202],
      ['', 'text/plain', 202],
      ['?waitForResponse=true', 'application/json', 200],
      ['?waitForResponse=true', 'text/plain', 200],
      ['', 'text/event-stream', 200],
    ] as const) {
      const init = {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json' },
        body: '"tides"',
      }
      const reply = await workflows.api.call(`${path}${query}`, init)
      expect(reply.status).toBe(status)
      expect(reply.headers.get('content-type')).toContain(accept)
      expect(Object.keys(flows.paths[path]?.post?.responses[status]?.content ?? {})).toContain(accept)
    }
  })

  test('the query parameters that a run takes, and none that it refuses', async () => {
    const operation = agents.paths['/agents/Assistant/run']?.post
    const inQuery = operation?.parameters?.filter((parameter) => parameter.in === 'query') ?? []
    expect(inQuery.map(({ name }) => name)).toEqual([
      'sessionId',
      'sessionKey',
      'session_id',
      'thread_id',
      'waitForResponse',
      'wait_for_response',
    ])
    for (const { name } of inQuery) {
      const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Hi' }
      const { status } = await scene.api.call(`/agents/Assistant/run?${name}=true`, init)
      expect(status, name).toBe(200)
    }
  })

  test('that a request which is sent again without waiting is told how its run has ended', () => {
    const content = agents.paths['/agents/Assistant/run']?.post?.responses[200]?.content
    expect(content?.['application/json']).toEqual({ schema: { $ref: '#/components/schemas/Outcome' } })
  })

  test('what a request to cancel may say', () => {
    const path = '/agents/Assistant/{sessionId}/runs/{correlationId}/cancel'
    expect(agents.paths[path]?.post?.requestBody).toEqual({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Cancellation' } } },
    })
    expect(findMisfits('Cancellation', { reason: 'Enough.' })).toEqual([])
    expect(findMisfits('Cancellation', { why: 'Enough.' })).toHaveLength(1)
  })

  test.each(['function', 'admin'] as const)(
    'where the key of a surface for %s goes, and that the chat page needs none',
    async (authLevel) => {
      const document = await createOpenApi({ ...off, authLevel, chatPage: true }, '')
      expect(document.security).toEqual([{ keyInHeader: [] }, { keyInQuery: [] }])
      expect(document.components).toMatchObject({
        securitySchemes: {
          keyInHeader: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
          keyInQuery: { type: 'apiKey', in: 'query', name: 'code' },
        },
      })
      expect(document.paths).toMatchObject({ '/chat': { get: { security: [] } } })
    },
  )

  test('no key where none is needed', async () => {
    const { security, components } = await createOpenApi({ ...off, authLevel: 'anonymous' }, '')
    expect(security).toBeUndefined()
    expect(components).not.toHaveProperty('securitySchemes')
  })

  test('of what can be switched on that alone which is', async () => {
    const list = async (surface: Partial<AppSurface>) => {
      const { paths, components } = await createOpenApi({ ...off, ...surface }, '')
      return Object.keys({ ...(paths as object), ...(components as OpenApiDocument['components']).schemas })
    }
    const least = await list({})
    const more = async (surface: Partial<AppSurface>) =>
      (await list(surface)).filter((name) => !least.includes(name))
    expect(await more({ health: true })).toEqual(['/health'])
    expect(await more({ allowance: true })).toEqual(['/allowance'])
    expect(await more({ chatPage: true })).toEqual(['/chat'])
    expect(await more({ dialects: createProtocolRoutes(['ag-ui']) })).toEqual([
      '/ag-ui',
      '/ag-ui/A',
      '/ag-ui/A/{threadId}',
      'AguiRequest',
      'AguiThread',
      'AguiError',
    ])
  })
})
