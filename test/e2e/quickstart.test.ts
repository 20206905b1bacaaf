import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StepCompleted } from '../../src/run/events.js'
import { findFaults, type OpenApiDocument, toOperations } from '../support/openapi-document.js'
import { type RunningApp, repository, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const message = 'What is the weather like in Seattle?'
const sunny = 'The weather in Seattle is currently 72°F and sunny.'
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const anyUsage = {
  prompt_tokens: expect.any(Number),
  completion_tokens: expect.any(Number),
  total_tokens: expect.any(Number),
}

describe('the sample without a key', () => {
  let app: RunningApp
  beforeAll(async () => {
    app = await bed.startApp({ root: repository, agent: 'WeatherAgent' })
  })

  test('answers the three requests of the quick start field for field', async () => {
    const answer = await app.api.run({ message, sessionId: 'user-123' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.body).toEqual({
      response: sunny,
      message,
      sessionId: 'user-123',
      status: 'success',
      message_count: 1,
      correlationId: expect.stringMatching(/^[\w-]{8,128}$/),
      usage: anyUsage,
    })

    // What newcomers compare theirs with.
    const readme = readFileSync(join(repository, 'README.md'), 'utf8')
    const shown = JSON.parse(/```json\n(\{\s+"response".*?)```/s.exec(readme)?.[1] ?? '')
    expect(answer.body).toEqual({ ...shown, correlationId: expect.any(String) })

    const state = await app.api.state('user-123')
    expect(state.status).toBe(200)
    expect(state.body).toEqual({
      message_count: 1,
      conversation_history: [
        { role: 'user', content: message, timestamp: expect.stringMatching(isoTime) },
        {
          role: 'assistant',
          content: sunny,
          timestamp: expect.stringMatching(isoTime),
          agent_response: {
            text: sunny,
            kind: 'agent_message',
            tool_calls: [
              {
                id: expect.any(String),
                name: 'get_weather',
                arguments: { location: 'Seattle' },
                result: { location: 'Seattle', temperature: 72, conditions: 'Sunny' },
              },
            ],
            usage: answer.body.usage,
          },
        },
      ],
      last_response: sunny,
      agent_type: 'Agent',
      sessionId: 'user-123',
      status: 'idle',
    })

    const health = await app.api.call('/health')
    expect(health.status).toBe(200)
    expect(health.body).toEqual({
      status: 'healthy',
      agents: [{ name: 'WeatherAgent', type: 'Agent' }],
      agent_count: 1,
    })
  })

  test('adds up the usage of the model calls', async () => {
    const { body } = await app.api.run({ message, sessionId: 'usage', correlationId: 'u' })
    const events = await (await app.api.events('usage', 'u')).end()
    const steps = events.filter(({ type }) => type === 'step.completed')
    const usages = steps.map(({ data }) => (data as StepCompleted).usage)
    const add = (name: 'inputTokens' | 'outputTokens' | 'totalTokens') =>
      usages.reduce((sum, usage) => sum + usage[name], 0)
    expect(usages).toHaveLength(2)
    expect(body.usage).toEqual({
      prompt_tokens: add('inputTokens'),
      completion_tokens: add('outputTokens'),
      total_tokens: add('totalTokens'),
    })
    expect(body.usage.prompt_tokens).toBeGreaterThan(0)
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens)
  })

  test('makes a session for callers who name none', async () => {
    const first = await app.api.run('Hello')
    const second = await app.api.run('Hello')
    expect(first.body.message_count).toBe(1)
    expect(first.body.sessionId).toMatch(/^[0-9a-f]{32}$/)
    expect(second.body.sessionId).not.toBe(first.body.sessionId)
  })

  test('takes null for what is not said', async () => {
    const nothing = { response_schema: null, enable_tool_calls: null, sessionId: null, role: null }
    expect(await app.api.run({ message: 'Hello', session_id: 'null', ...nothing })).toMatchObject({
      status: 200,
      body: { sessionId: 'null', response: expect.stringContaining('Hello') },
    })
  })

  test.each(['sessionKey', 'session_id', 'thread_id'])(
    'takes the session under the name %s',
    async (name) => {
      const inBody = await app.api.run({ message: 'Hello', [name]: `by-${name}` })
      expect(inBody.body).toMatchObject({ sessionId: `by-${name}`, message_count: 1 })
      const inQuery = await app.api.call(`/agents/WeatherAgent/run?${name}=by-${name}`, {
        method: 'POST',
        body: 'Hello',
      })
      expect(inQuery.body).toMatchObject({ sessionId: `by-${name}`, message_count: 2 })
    },
  )

  test('names session and run in the headers of every answer about a run', async () => {
    const ids = { sessionId: 'headers', correlationId: 'run-1' }
    const answers = [
      await app.api.run({ message, ...ids }),
      await app.api.run({ message, ...ids, waitForResponse: false }),
      await app.api.run({ message: 'something else', ...ids }),
      await app.api.outcome('headers', 'run-1'),
      await app.api.events('headers', 'run-1'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 422, 200, 200])
    for (const { headers } of answers) {
      expect(headers.get('x-ms-session-id')).toBe('headers')
      expect(headers.get('x-ms-correlation-id')).toBe('run-1')
    }
  })

  test('answers with the bare text when asked for text', async () => {
    const answer = await app.api.run({ message }, { accept: 'text/plain' })
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(answer.text).toBe(sunny)
  })

  test('takes a plain text body as the message', async () => {
    const answer = await app.api.call('/agents/WeatherAgent/run?sessionId=plain', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: message,
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ response: sunny, message, sessionId: 'plain' })
  })

  test('streams the run as events when asked for them', async () => {
    const reader = await app.api.stream({ message, sessionId: 'streamed' })
    const events = await reader.end()
    expect(reader.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index))
    expect(events.map(({ type }) => type).filter((type) => type !== 'message.delta')).toEqual([
      'run.accepted',
      'run.started',
      'step.completed',
      'tool.started',
      'tool.completed',
      'step.completed',
      'run.completed',
    ])
    expect(events.at(-1)?.data).toMatchObject({ response: sunny, sessionId: 'streamed', message_count: 1 })
  })

  test.each([
    ['in the body', { waitForResponse: false }, {}],
    ['in the header', {}, { 'x-ms-wait-for-response': 'false' }],
  ])(
    'answers at once where to find the outcome when waiting is declined %s',
    async (where, fields, headers) => {
      const accepted = await app.api.run({ message, sessionId: `nowait ${where}`, ...fields }, headers)
      expect(accepted.status).toBe(202)
      const { correlationId } = accepted.body
      expect(accepted.body).toEqual({ status: 'accepted', sessionId: `nowait ${where}`, correlationId })
      expect(Number(accepted.headers.get('retry-after'))).toBeGreaterThan(0)
      const location = accepted.headers.get('location') ?? ''
      const follow = () => fetch(location)
      await expect.poll(async () => (await follow()).status).toBe(200)
      const outcome = await follow()
      const body = await outcome.json()
      expect(body).toMatchObject({ status: 'success', response: sunny, correlationId })
      const again = { message, sessionId: `nowait ${where}`, correlationId, ...fields }
      expect(await app.api.run(again, headers)).toMatchObject({ status: 200, body })
    },
  )

  test('remembers the conversation', async () => {
    await app.api.run({ message: 'Hello, my name is Ada.', sessionId: 'memory' })
    const { body } = await app.api.run({ message: 'What is my name?', sessionId: 'memory' })
    expect(body).toMatchObject({ response: expect.stringContaining('Ada'), message_count: 2 })
  })

  test('fits the answer to a response schema', async () => {
    const response_schema = {
      type: 'object',
      properties: { city: { type: 'string' }, degrees: { type: 'integer' } },
      required: ['city', 'degrees'],
    }
    const { body } = await app.api.run({ message: 'Fill this in', response_schema })
    expect(body.value).toEqual({ city: expect.any(String), degrees: expect.any(Number) })
    expect(JSON.parse(body.response)).toEqual(body.value)
  })

  test('calls no tool when tool calls are declined', async () => {
    const { body } = await app.api.run({ message, sessionId: 'no-tools', enable_tool_calls: false })
    const state = await app.api.state('no-tools')
    expect(body.status).toBe('success')
    expect(state.body.conversation_history.at(-1)?.agent_response?.tool_calls).toEqual([])
  })

  test('lists its agents, and the function that stands beside them answers', async () => {
    const agents = await app.api.call('/agents')
    expect(agents.body).toEqual({
      agents: [{ name: 'WeatherAgent', type: 'Agent', tools: ['get_weather'] }],
      agent_count: 1,
    })
    const status = await app.api.call('/status')
    expect(status.body).toEqual({ status: 'running', model: 'offline-demo' })
    expect(app.output()).toContain('offline demo model')
  })

  test('finds the run log and the task hub well', async () => {
    const { status, body } = await app.api.call('/health?deep=true')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'healthy',
      checks: { run_log: { status: 'healthy' }, task_hub: { status: 'healthy' } },
    })
  })

  test('describes every route, with references that resolve', async () => {
    const { body } = await app.api.call<OpenApiDocument>('/openapi.json')
    const agent = '/agents/WeatherAgent'
    expect([...toOperations(body).keys()]).toEqual(
      expect.arrayContaining([
        `POST ${agent}/run`,
        `GET ${agent}/{sessionId}`,
        `DELETE ${agent}/{sessionId}`,
        `POST ${agent}/{sessionId}/reset`,
        `GET ${agent}/{sessionId}/runs/{correlationId}`,
        `GET ${agent}/{sessionId}/runs/{correlationId}/events`,
        'GET /agents',
        `GET ${agent}`,
        'GET /health',
        'GET /openapi.json',
      ]),
    )
    expect(body.openapi).toBe('3.1.0')
    expect(body.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
    expect(findFaults(body)).toEqual([])
  })
})

describe('the sample with a key and an address', () => {
  test('talks to the OpenAI-compatible server there', async () => {
    const model = await bed.startModel()
    const app = await bed.startApp({
      root: repository,
      agent: 'WeatherAgent',
      env: { OPENAI_API_KEY: 'sk-quickstart', OPENAI_BASE_URL: model.url, OPENAI_MODEL: 'test-model' },
    })
    const { body } = await app.api.run({ message, sessionId: 'user-123' })
    expect(body).toMatchObject({ response: sunny, message_count: 1, usage: anyUsage })

    const [toTool, toAnswer] = model.requests
    expect(model.stats().requests).toBe(2)
    expect(toTool?.headers.authorization).toBe('Bearer sk-quickstart')
    expect(toTool?.body).toMatchObject({ model: 'test-model', stream: true })
    expect(toTool?.body.messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(toTool?.body.tools?.map((tool) => tool.function.name)).toEqual(['get_weather'])
    expect(toAnswer?.body.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])

    const status = await app.api.call('/status')
    expect(status.body).toEqual({ status: 'running', model: 'test-model' })
    expect(app.output()).not.toContain('sk-quickstart')
  })
})
