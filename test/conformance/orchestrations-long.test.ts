import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createFlowClient, type FlowClient } from '../host/durable/flow-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createEffectsFolder } from './effects-folder.js'

const effects = createEffectsFolder()
let host: SpawnedHost
let flows: FlowClient

beforeAll(async () => {
  const root = join(import.meta.dirname, '../fixtures/apps/orchestrations')
  host = await spawnHost({ root, env: { EFFECTS_DIR: effects.path } })
  flows = createFlowClient(host)
})
afterAll(() => host.stop('SIGKILL'))

test('96. the first failure of parallel activities is caught, the others still run', async () => {
  expect(await flows.run('fanOutAndFail', ['others-a', 'others-b'])).toMatch(
    /^Activity function 'fail' failed/,
  )
  await until(() => effects.read().filter((effect) => effect.startsWith('others-')).length === 2)
})

test('98. retries wait longer each time, and once more after the last attempt', async () => {
  const id = await flows.start('retries', { name: 'slow', milliseconds: 100, attempts: 3, backoff: 2 })
  expect((await flows.end(id)).output).toEqual([
    "Activity function 'effectFails' failed:  no slow",
    'after the last attempt',
  ])
  const times = effects
    .read()
    .flatMap((effect) => (effect.startsWith('slow ') ? Number(effect.slice(5)) : []))
  const [first = 0, second = 0, third = 0] = times
  expect(times).toHaveLength(3)
  expect(second - first).toBeGreaterThanOrEqual(100)
  expect(third - second).toBeGreaterThanOrEqual(200)
  const { historyEvents = [] } = await flows.status(id, 'showHistory=true')
  expect(historyEvents.filter(({ EventType }) => EventType === 'TimerFired')).toHaveLength(3)
})

test('98. pauses that grow by half come to an end as well', async () => {
  const id = await flows.start('retries', { name: 'half', milliseconds: 10, attempts: 4, backoff: 1.5 })
  expect((await flows.end(id)).output).toContain('after the last attempt')
})

test('98. several retried side by side each get their own result', async () => {
  const results = await flows.run('retriesTogether', ['a', 'b', 'c', 'd'])
  expect(results).toEqual(['a at 3', 'b at 3', 'c at 3', 'd at 3', 'steady', 'last'])
})

test('a task that an orchestrator comes back to after another one won keeps its number', async () => {
  const id = await flows.start('comesBack', { milliseconds: 1 })
  await flows.raise(id, 'go', 'now')
  expect((await flows.end(id)).output).toEqual(['comes-back at 3', 'later', 'now'])
  await host.waitForOutput(new RegExp(`'${id}': it has come back to a task .* Azure fails it`))
})

test('99. a loop of a thousand rounds has a short history, and keeps its custom status', async () => {
  const id = await flows.start('loops', { n: 0, until: 1000 })
  const started = new Date().toISOString()
  const ended = await flows.end(id)
  expect(ended).toMatchObject({ output: 1000, customStatus: 'from the first round', input: { n: 1000 } })
  const { historyEvents = [] } = await flows.status(id, 'showHistory=true')
  expect(historyEvents).toHaveLength(3)
  const created = await fetch(`${flows.api}/instances?createdTimeTo=${started}&instanceIdPrefix=${id}`)
  expect(await created.json()).toMatchObject([{ instanceId: id }])
})

test('99. a round waits for what it leaves open before the next one begins', async () => {
  const startedAt = Date.now()
  expect(await flows.run('leavesBehind', { n: 0, milliseconds: 2_000 })).toBe(1)
  // The platform may be early, by less than a second.
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000)
})

test('99. a text handed on to the next round comes back with quotes', async () => {
  expect(await flows.run('loopsWithText', 'text')).toBe('"text again"')
})

test('100. an event that was not read is lost with the round, one that comes later is delivered', async () => {
  const id = await flows.start('loopsWithEvents', { seen: [] })
  await flows.raise(id, 'other', 'unread')
  await flows.raise(id, 'go', 1)
  await until(async () => JSON.stringify((await flows.status(id)).input) === '{"seen":[1]}')
  await flows.raise(id, 'go', 'stop')
  expect((await flows.end(id)).output).toEqual({ seen: [1], other: 'lost' })
})

test('100. events that come in one go are read one per round, none lost and none twice', async () => {
  const id = await flows.start('loopsWithEvents', { seen: [] })
  const numbers = Array.from({ length: 20 }, (_, n) => n)
  await flows.client('suspend', id, '')
  await until(async () => (await flows.status(id)).runtimeStatus === 'Suspended')
  for (const n of numbers) await flows.raise(id, 'go', n)
  await flows.raise(id, 'go', 'stop')
  await flows.client('resume', id, '')
  expect((await flows.end(id)).output).toEqual({ seen: numbers, other: 'lost' })
})

test('101. of two that wait for one name, the second is served first', async () => {
  const id = await flows.start('lastIn')
  await until(async () => (await flows.status(id)).runtimeStatus === 'Running')
  await flows.raise(id, 'same', 1)
  await flows.raise(id, 'same', 2)
  expect((await flows.end(id)).output).toEqual([2, 1])
})

test('107. a Task.all over tasks that are done never completes, and the host says so', async () => {
  const id = await flows.start('yieldsTwice')
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${id}': a Task.all or Task.any holds a task`))
  await until(() => effects.read().filter((effect) => effect === 'twice').length === 2)
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
})

test('108. taking one after the other out of a list schedules the rest again, and the host says so', async () => {
  const id = await flows.start('takesOneByOne')
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${id}': a Task.all or Task.any holds a task`))
  await until(() => effects.read().filter((effect) => effect.startsWith('one-')).length >= 5)
})

test('109. a sub-orchestration is found by its id and tells its parent', async () => {
  expect(await flows.run('parent', { id: 'given-id', name: 'kid' })).toEqual({
    result: 'kid of given-id',
    parent: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect((await flows.status('given-id')).runtimeStatus).toBe('Completed')
  expect(await flows.run('parents', ['x', 'y', 'z'])).toEqual(['x', 'y', 'z'])
})

test('109. the failure of a sub-orchestration is caught with its text, also after retries', async () => {
  expect(await flows.run('parent', { name: 'bad', fails: true })).toMatch(
    /^Orchestrator function 'child' failed: bad went wrong \n Message: bad went wrong, StackTrace: /,
  )
  const ended = await flows.end(await flows.start('retriesChild', { name: 'thrice', fails: true }))
  expect(ended.output).toMatch(/^Orchestrator function 'retriesChild' failed: Orchestrator function 'child'/)
  expect(effects.read().filter((effect) => effect === 'thrice')).toHaveLength(3)
})

test('109. a parent that is terminated leaves its child alone', async () => {
  effects.hold('orphan')
  const id = await flows.start('parent', { id: 'orphan-child', name: 'orphan' })
  await until(() => effects.read().includes('orphan'))
  await flows.client('terminate', id, 'enough')
  expect((await flows.end(id)).runtimeStatus).toBe('Terminated')
  effects.release('orphan')
  expect((await flows.end('orphan-child')).runtimeStatus).toBe('Completed')
})

test('109. a child that is terminated fails its parent, which cannot read why', async () => {
  effects.hold('ended')
  const id = await flows.start('parent', { id: 'ended-child', name: 'ended' })
  await until(() => effects.read().includes('ended'))
  await flows.client('terminate', 'ended-child', 'no more of this')
  expect(await flows.end(id)).toMatchObject({
    runtimeStatus: 'Failed',
    output: expect.stringMatching(/^Non-Deterministic workflow detected: /),
  })
  effects.release('ended')
})

test('a sub-orchestration takes the place of what runs under its id', async () => {
  const taken = await flows.start('waitFor', ['go'])
  await until(async () => (await flows.status(taken)).runtimeStatus === 'Running')
  const id = await flows.start('parent', { id: taken, name: 'x' })
  expect((await flows.end(id)).output).toEqual({ result: `x of ${taken}`, parent: id })
  expect(await flows.status(taken)).toMatchObject({ name: 'child', runtimeStatus: 'Completed' })
})

test('a sub-orchestration under the id of its parent waits for ever, and the host says so', async () => {
  const id = await flows.start('parent', { id: 'own-id', name: 'x' }, 'own-id')
  await host.waitForOutput(
    /would hang in Azure.*the id 'own-id' of its sub-orchestration is that of its parent/,
  )
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
})

test('115. an answer 202 with a location is followed until there is another one', async () => {
  const url = await serve((path, asked) => {
    if (path === '/other') return { status: 418, body: 'a teapot' }
    if (asked > 3) return { status: 200, body: 'done' }
    return { status: 202, headers: { location: '/job/1', 'retry-after': '0' } }
  })
  const first = {
    method: 'POST',
    url: `${url}/job`,
    body: { a: 1 },
    headers: { 'content-type': 'application/json' },
  }
  expect(await flows.run('calls', first)).toEqual({
    statusCode: 200,
    content: 'done',
    type: 'text/plain',
    after: 'after',
  })
  expect(requests).toEqual(['POST /job {"a":1}', 'GET /job/1 ', 'GET /job/1 ', 'GET /job/1 '])
  const once = { method: 'GET', url: `${url}/job`, enablePolling: false }
  requests.length = 0
  expect(await flows.run('calls', once)).toMatchObject({ statusCode: 202 })
  expect(await flows.run('calls', { method: 'GET', url: `${url}/other` })).toMatchObject({ statusCode: 418 })
})

test('115. an address that nobody answers at fails the task', async () => {
  const ended = await flows.end(await flows.start('calls', { method: 'GET', url: 'http://127.0.0.1:9' }))
  expect(ended.output).toMatch(/^Orchestrator function 'calls' failed: (?!Activity)/)
})

test('a provider of exception properties makes failures structured', async () => {
  expect(await flows.run('structured')).toMatchObject({
    name: 'TaskFailedError',
    errorType: 'OrderError',
    errorMessage: 'out of stock',
    properties: { order: 7 },
  })
})

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const requests: string[] = []

/** A server on this machine that notes what it is asked; gives its URL. */
async function serve(answer: (path: string, asked: number) => Reply): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    requests.push(`${request.method} ${request.url} ${body}`)
    const { status, headers = {}, body: text = '' } = answer(request.url ?? '', requests.length)
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
