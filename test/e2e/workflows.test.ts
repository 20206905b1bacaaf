import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AgentApi } from '../support/api.js'
import { waitFor } from '../support/run-scene.js'
import type { SseItem } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'
import { WorkflowApi } from '../support/workflow-api.js'

const bed = new TestBed()
afterAll(() => bed.end())

let app: RunningApp

beforeAll(async () => {
  const model = await bed.startModel({ script: (body) => ({ text: answerAs(body) }) })
  app = await bed.startApp({ entry: 'test/fixtures/apps/e2e-workflows/app.js', model })
})

/** Who speaks is told by its instructions; those who are asked for a shape answer in it. */
function answerAs({ messages }: { readonly messages: readonly { readonly content?: unknown }[] }): string {
  const heard = String(messages.at(-1)?.content)
  switch (messages[0]?.content) {
    case 'You are the front desk.':
      return '{"message":"A matter of bills.","handOffTo":"Billing"}'
    case 'You know bills.':
      return JSON.stringify({ message: `Paid, as ${heard.split('\n')[4]}`, handOffTo: null })
    case 'You moderate.':
      return JSON.stringify({
        next: /Editor: /.test(heard) ? null : /Writer: /.test(heard) ? 'Editor' : 'Writer',
      })
    default:
      return `<${heard}>`
  }
}

function api(name: string, spelling: 'workflow' | 'workflows' = 'workflows'): WorkflowApi {
  return new WorkflowApi(app.url, name, { spelling })
}

const pipelined = '<<poem> [one]> [two]'

test('agents and functions in a row: a caller who waits gets the output', async () => {
  const { status, body } = await api('Pipeline').runToEnd('poem')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    runtimeStatus: 'Completed',
    output: pipelined,
    workflowStatus: 'Completed',
    result: pipelined,
  })
  expect(body.runId).toBe(body.instanceId)
})

test('at the same time: the outputs come in the order of the workers', async () => {
  expect((await api('Both').runToEnd('poem')).body.output).toBe('<poem> | <poem>')
})

test('handed on from agent to agent: the one that keeps it answers', async () => {
  const { body } = await api('Desk').runToEnd('Is my bill paid?')
  expect(body.output).toBe('Paid, as FrontDesk: A matter of bills.')
})

test('a chat that an agent moderates ends when it says so; each has heard what was said', async () => {
  const { body } = await api('Talk').runToEnd('Tea?')
  expect(body.output).toEqual([
    { speaker: 'Writer', text: '<You are Writer. The topic:\nTea?\n\nIt is your turn.>' },
    {
      speaker: 'Editor',
      text: expect.stringMatching(/^<You are Editor\. The topic:\nTea\?\n\nSaid since:\nWriter: </),
    },
  ])
})

test.each(['workflow', 'workflows'] as const)(
  'a start under %s is 202 with links that work',
  async (spelling) => {
    const id = `links-${spelling}`
    const { status, body, headers } = await api('Pipeline', spelling).run('poem', `?runId=${id}`)
    expect(status).toBe(202)
    const base = `${app.url}/api/${spelling}/Pipeline`.replace('127.0.0.1', new URL(body.eventsUri).hostname)
    expect(body).toEqual({
      instanceId: id,
      runId: id,
      statusQueryGetUri: `${base}/status/${id}`,
      respondUri: `${base}/respond/${id}/{requestId}`,
      eventsUri: `${base.replace('/workflow/', '/workflows/')}/runs/${id}/events`,
      message: 'The workflow was started.',
    })
    expect(headers.get('location')).toBe(body.statusQueryGetUri)
    expect((await fetch(body.statusQueryGetUri)).status).toBe(200)
    const stream = await (await fetch(body.eventsUri)).text()
    expect(stream).toContain('event: workflow.completed')
    expect(await api('Pipeline', spelling).waitForEnd(id)).toMatchObject({
      instanceId: id,
      runtimeStatus: 'Completed',
      status: 'Completed',
      output: pipelined,
      error: null,
      pendingHumanInputRequests: [],
      waitingForInput: [],
    })
  },
)

test('repeating a start under one runId finds the same run; with another input it is refused', async () => {
  const first = await api('Pipeline').runToEnd('poem', 'again')
  const second = await api('Pipeline').runToEnd('poem', 'again')
  expect(second.body).toEqual(first.body)
  const other = await api('Pipeline').run('song', '?runId=again')
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_conflict'])
})

test('starts under one Idempotency-Key at the same time are one run', async () => {
  const key = { 'idempotency-key': 'once' }
  const starts = await Promise.all(Array.from({ length: 8 }, () => api('Pipeline').run('poem', '', key)))
  expect(starts.map(({ status, body }) => [status, body.runId])).toEqual(Array(8).fill([202, 'once']))
  await api('Pipeline').waitForEnd('once')
  const state = await new AgentApi(app.url, 'Writer').state('once~Writer')
  expect(state.body.message_count).toBe(1)
})

test('a caller may follow the run in the same exchange', async () => {
  const headers = { accept: 'text/event-stream' }
  const { status, text, headers: answered } = await api('Both').run('poem', '?runId=live', headers)
  expect([status, answered.get('content-type'), answered.get('x-ms-run-id')]).toEqual([
    200,
    'text/event-stream',
    'live',
  ])
  expect(text.match(/^event: \S+/gm)?.at(0)).toBe('event: workflow.started')
  expect(text.match(/^event: \S+/gm)?.at(-1)).toBe('event: workflow.completed')
})

test('a text is an input too, and a caller who wants only text gets it', async () => {
  const headers = { 'content-type': 'text/plain', accept: 'text/plain' }
  const accepted = await api('Pipeline').run('poem', '?runId=text', headers)
  expect([accepted.status, accepted.text]).toEqual([202, 'The workflow was started. runId: text'])
  const ended = await api('Pipeline').run('poem', '?runId=text&waitForResponse=true', headers)
  expect([ended.status, ended.text]).toEqual([200, pipelined])
})

const refused: readonly (readonly [string, string, unknown, string])[] = [
  ['an input that does not fit the schema', '', 5, 'body'],
  ['a wait that is neither yes nor no', '?waitForResponse=maybe', 'x', 'waitForResponse'],
  ['a wait of no time', '?timeoutSeconds=0', 'x', 'timeoutSeconds'],
  ['a runId of a nested run', '?runId=dafx-a%3A%3Ab%3A%3A0', 'x', 'runId'],
  ['a runId that is an entity', '?runId=%40a%40b', 'x', 'runId'],
  ['an unknown parameter', '?waitForRespnse=true', 'x', 'waitForRespnse'],
]

test.each(refused)('%s is refused, naming it', async (_what, query, input, field) => {
  const { status, body } = await api('Review').run(input, query)
  expect([status, body.code]).toEqual([400, 'invalid_request'])
  expect(body.detail).toContain(field)
})

test('a runId that differs from the Idempotency-Key is refused', async () => {
  const { status, body } = await api('Review').run('x', '?runId=a', { 'idempotency-key': 'b' })
  expect([status, body.issues?.[0]?.path]).toEqual([400, 'runId'])
})

test('an empty body is refused', async () => {
  const { status } = await api('Pipeline').run('', '', { 'content-type': 'text/plain' })
  expect(status).toBe(400)
})

test('a failed run says which node failed and with which code, and not what it threw', async () => {
  const { status, body, text } = await api('Broken').runToEnd('x', 'broken')
  const error = {
    node: 'break',
    code: 'internal',
    message: 'The function threw an unexpected error; the log has the details.',
  }
  expect([status, body]).toMatchObject([200, { runtimeStatus: 'Failed', output: null, error }])
  expect(text).not.toContain('1234')
  expect((await api('Broken').status('broken')).body).toMatchObject({ status: 'Failed', error })
  await app.waitForOutput(/the password is 1234/)
})

test('a question is in the status of its run, and an answer that fits it carries the run on', async () => {
  const review = api('Review')
  await review.run('Hi', '?runId=ask')
  const [question] = await review.waitForQuestions('ask')
  expect(question).toMatchObject({
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    sourceExecutor: 'review',
    requestData: 'Hi',
    requestType: 'string',
    responseType: 'object',
    respondUrl: expect.stringContaining(`/api/workflows/Review/respond/ask/${question?.requestId}`),
  })
  const id = question?.requestId ?? ''
  const unfit = await review.respond('ask', id, { approved: 'maybe' })
  expect([unfit.status, unfit.body.issues?.[0]?.path]).toEqual([400, 'approved'])
  const taken = await review.respond('ask', id, { approved: true, note: 'fine' })
  expect([taken.status, taken.body]).toEqual([
    200,
    { message: 'The answer was taken.', instanceId: 'ask', requestId: id },
  ])
  const { output } = await review.waitForEnd('ask')
  expect(output).toEqual({ text: 'Hi', approved: true, note: 'fine' })
  expect(await review.respond('ask', id, { approved: false })).toMatchObject({
    status: 409,
    body: { code: 'request_closed' },
  })
})

test('callers of the .NET agents name the request by its node, and get 202 or 400', async () => {
  const review = api('Review')
  await review.run('Hi', '?runId=net')
  await review.waitForQuestions('net')
  const { body } = await review.status('net')
  expect(body.waitingForInput).toEqual([{ eventName: 'review', input: 'Hi' }])
  const response = { approved: true }
  expect((await review.respondByName('net', { eventName: 'other', response })).status).toBe(400)
  expect((await review.respondByName('net', { response })).status).toBe(400)
  const taken = await review.respondByName('net', { eventName: 'review', response })
  expect(taken).toMatchObject({ status: 202, body: { runId: 'net', eventName: 'review', validated: true } })
  await review.waitForEnd('net')
  expect((await review.respondByName('net', { eventName: 'review', response })).status).toBe(400)
  expect((await review.respondByName('nobody', { eventName: 'review', response })).status).toBe(404)
})

test('a run of another workflow, of another owner, or none looks like none; so does a request that was never asked', async () => {
  const ann = api('Review').as('ann')
  await ann.run('Hi', '?runId=mine')
  await ann.waitForQuestions('mine')
  const bob = api('Review').as('bob')
  const strangers = [bob.status('mine'), api('Review').status('mine'), api('Both').as('ann').status('mine')]
  const statuses = await Promise.all([
    ...strangers,
    ann.status('none'),
    bob.respond('mine', 'x', {}),
    bob.run('Hi', '?runId=mine'),
    ann.respond('mine', 'x', { approved: true }),
  ])
  expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 404])
  expect((await bob.events('mine')).status).toBe(404)
})

test.each([
  ['that waits', {}],
  ['that has ended', { endsWith: 'secret' }],
])('an orchestration of the app %s is no run of a workflow, and stays as it is', async (_how, more) => {
  const id = `own-${Object.keys(more).length}`
  const durable = `${app.url}/runtime/webhooks/durabletask`
  const asked = { requestId: 'q', node: 'review', question: 'Hi', openedAt: '2026-01-01T00:00:00Z' }
  const status = { status: 'waiting', step: 1, events: 3, pending: [asked], nested: [] }
  const start = { kind: 'dafx.workflow-start', digest: '', input: { status, ...more } }
  await fetch(`${durable}/orchestrators/own/${id}`, { method: 'POST', body: JSON.stringify(start) })
  const look = async () => (await fetch(`${durable}/instances/${id}?showHistory=true`)).json()
  const before = await waitFor(async () => {
    const seen = (await look()) as { customStatus: unknown }
    return seen.customStatus === null ? undefined : seen
  }, 10_000)
  const review = api('Review')
  const waits = '&waitForResponse=true&timeoutSeconds=1'
  const decided = { approved: true }
  const answers = await Promise.all([
    review.run('Hi', `?runId=${id}`),
    review.run('Hi', `?runId=${id}${waits}`),
    review.run('Hi', `?runId=${id}`, { accept: 'text/event-stream' }),
    review.run(start.input, `?runId=${id}`),
    review.status(id),
    review.respond(id, 'q', decided),
    review.respondByName(id, { eventName: 'review', response: decided }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 400, 404, 404, 404])
  expect((await review.events(id)).status).toBe(404)
  expect(answers.map(({ text }) => text).join()).not.toContain('secret')
  expect(await look()).toEqual(before)
})

test('a nested workflow does not take the place of an orchestration of the app', async () => {
  const durable = `${app.url}/runtime/webhooks/durabletask`
  const id = 'nestling::review_sub::0'
  const start = { input: { status: 'mine' } }
  await fetch(`${durable}/orchestrators/own/${id}`, { method: 'POST', body: JSON.stringify(start) })
  const nested = api('Nested')
  await nested.run('Hi', '?runId=nestling')
  const [question] = await nested.waitForQuestions('nestling')
  const seen = await (await fetch(`${durable}/instances/${id}`)).json()
  expect(seen).toMatchObject({ name: 'own', runtimeStatus: 'Running', customStatus: 'mine' })
  await nested.respond('nestling', question?.requestId ?? '', { approved: true })
  expect(await nested.waitForEnd('nestling')).toMatchObject({ runtimeStatus: 'Completed' })
})

test('the id of a run that was purged is taken for good: its events are still there', async () => {
  await api('Pipeline').as('ann').runToEnd('poem', 'purged')
  const management = `${app.url}/runtime/webhooks/durabletask/instances/purged`
  expect((await fetch(management, { method: 'DELETE' })).status).toBe(200)
  const bob = api('Pipeline').as('bob')
  for (const caller of [bob, api('Pipeline').as('ann')]) {
    const { status, body } = await caller.run('poem', '?runId=purged')
    expect([status, body]).toMatchObject([422, { code: 'idempotency_conflict' }])
  }
  expect((await bob.events('purged')).status).toBe(404)
})

test("an owner's run has agents' sessions of its owner", async () => {
  await api('Pipeline').as('ann').runToEnd('poem', 'owned')
  const writer = new AgentApi(app.url, 'Writer')
  expect((await writer.state('owned~Writer')).status).toBe(404)
  expect((await writer.as('ann').state('owned~Writer')).body).toMatchObject({ message_count: 1 })
})

const story = ({ type, data }: SseItem) => {
  const { node } = data as { readonly node?: string }
  return node === undefined ? type : `${type} ${node}`
}

test("a run's events tell of its nodes, and in between all that its agents do", async () => {
  await api('Pipeline').run('poem', '?runId=told')
  const events = await (await api('Pipeline').events('told')).end()
  const known = events.map(story).filter((line) => !/delta|accepted|run.started|step/.test(line))
  expect(known).toEqual([
    'workflow.started',
    ...['node.started Writer', 'run.completed Writer', 'node.completed Writer'],
    ...['node.started one', 'node.completed one'],
    ...['node.started Editor', 'run.completed Editor', 'node.completed Editor'],
    ...['node.started two', 'node.completed two'],
    'workflow.completed',
  ])
  expect(events.filter(({ type }) => type === 'message.delta').length).toBeGreaterThanOrEqual(2)
})

test('a reader who comes back after any event gets exactly the rest', async () => {
  await api('Both').runToEnd('poem', 'resume')
  const all = await (await api('Both').events('resume')).end()
  for (const [index, { lastEventId }] of all.entries()) {
    const rest = await (await api('Both').events('resume', lastEventId)).end()
    const expected = all.slice(index + 1).map(({ type, data }) => JSON.stringify([type, data]))
    expect(rest.map(({ type, data }) => JSON.stringify([type, data])).sort()).toEqual(expected.sort())
  }
})

test('a run that is terminated from outside ends its stream, and says so', async () => {
  await api('Review').run('Hi', '?runId=gone')
  await api('Review').waitForQuestions('gone')
  const stream = await api('Review').events('gone')
  await stream.waitForType('request.opened')
  const management = `${app.url}/runtime/webhooks/durabletask/instances/gone`
  await fetch(`${management}/terminate?reason=enough`, { method: 'POST' })
  const events = await stream.end()
  expect(events.at(-1)).toMatchObject({ type: 'workflow.terminated', data: { reason: 'enough' } })
  const { body } = await api('Review').status('gone')
  expect(body).toMatchObject({
    runtimeStatus: 'Terminated',
    output: null,
    error: { code: 'run_cancelled', message: 'The run was terminated: enough' },
    pendingHumanInputRequests: [],
  })
  expect((await api('Review').runToEnd('Hi', 'gone')).status).toBe(500)
})

test('a cursor that is none is refused', async () => {
  await api('Both').runToEnd('poem', 'cursor')
  expect((await api('Both').events('cursor', 'x')).status).toBe(400)
  expect((await api('Both').events('cursor', '1,2')).status).toBe(400)
})

test('unknown workflows and paths are 404, and the OpenAPI document has the known ones', async () => {
  const plain = new AgentApi(app.url)
  const unknown = await plain.call<{ detail: string }>('/workflows/Nope/run', { method: 'POST' })
  expect([unknown.status, unknown.body.detail]).toEqual([404, 'workflow: there is no workflow named "Nope".'])
  expect((await plain.call('/workflow/Both/nope')).status).toBe(404)
  const { body } = await plain.call<{ paths: object }>('/openapi.json')
  const paths = Object.keys(body.paths).filter((path) => path.includes('/Review/'))
  expect(paths).toEqual([
    '/workflow/Review/run',
    '/workflow/Review/status/{instanceId}',
    '/workflow/Review/respond/{instanceId}/{requestId}',
    '/workflow/Review/respond/{instanceId}',
    '/workflows/Review/run',
    '/workflows/Review/status/{instanceId}',
    '/workflows/Review/respond/{instanceId}/{requestId}',
    '/workflows/Review/respond/{instanceId}',
    '/workflows/Review/runs/{instanceId}/events',
  ])
})

describe('a workflow as a tool of the MCP server', () => {
  let client: Client

  beforeAll(async () => {
    client = new Client({ name: 'tests', version: '1.0.0' })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${app.url}/runtime/webhooks/mcp`)))
  })
  afterAll(() => client.close())

  test('is listed with what it takes, also when it has no routes', async () => {
    const { tools } = await client.listTools()
    expect(tools).toMatchObject([
      { name: 'Asking', description: 'Run the workflow Asking.' },
      { name: 'shout_it', description: 'Says it loudly.', inputSchema: { required: ['input'] } },
    ])
    expect((await api('Loud').run({ text: 'hi' })).status).toBe(404)
  })

  test('takes JSON where its input has a schema, and gives its output', async () => {
    const input = '{"text":"hi","times":2}'
    const { content, structuredContent } = await client.callTool({ name: 'shout_it', arguments: { input } })
    expect(content).toEqual([{ type: 'text', text: 'HI!HI!' }])
    expect(structuredContent).toMatchObject({ runtimeStatus: 'Completed', output: 'HI!HI!' })
  })

  test('says what of the input does not fit, and that it still waits', async () => {
    const unfit = await client.callTool({ name: 'shout_it', arguments: { input: '{"text":5}' } })
    expect(unfit.structuredContent).toMatchObject({ status: 'error', code: 'invalid_request' })
    expect(JSON.stringify(unfit.content)).toContain('input.text')
    const waiting = await client.callTool({ name: 'Asking', arguments: { input: 'so?' } })
    expect(waiting.structuredContent).toMatchObject({ runtimeStatus: 'Running' })
    const { runId } = waiting.structuredContent as { runId: string }
    expect(await api('Asking').waitForQuestions(runId)).toMatchObject([{ requestData: 'so?' }])
  })
})
