import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

const hasStatus = (id: string, runtimeStatus: string) =>
  until(async () => (await flows.status(id)).runtimeStatus === runtimeStatus)

/** A started orchestration that waits for the event `go`. */
async function startWaiting(id?: string): Promise<string> {
  const started = await flows.start('waitFor', ['go'], id)
  await hasStatus(started, 'Running')
  return started
}

test('62. without an input an orchestrator gets an empty text, null is null, and ids are 32 hex digits', async () => {
  const id = await flows.start('echo')
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect((await flows.end(id)).output).toBe('')
  expect(await flows.run('echo', null)).toBeNull()
})

test('63. the start of an unknown orchestrator is refused', async () => {
  expect((await flows.client('startNew', 'nobody')).error).toMatch(/status code: 400.*orchestrator functions/)
})

test('64. an id in use is refused, one that is over is started anew', async () => {
  const id = await startWaiting('in-use')
  const again = await flows.client('startNew', 'waitFor', { instanceId: id, input: [] })
  expect(again.error).toMatch(/500.*An Orchestration instance with the status Running already exists/)
  await flows.raise(id, 'go', 1)
  await flows.end(id)
  const later = new Date().toISOString()
  expect((await flows.client('startNew', 'echo', { instanceId: id, input: 'new' })).value).toBe(id)
  const created = await fetch(`${flows.api}/instances?createdTimeFrom=${later}&instanceIdPrefix=${id}`)
  expect(await created.json()).toMatchObject([{ instanceId: id }])
  expect(await flows.end(id)).toMatchObject({ name: 'echo', output: 'new' })
  const { historyEvents = [] } = await flows.status(id, 'showHistory=true')
  expect(historyEvents.map(({ EventType }) => EventType)).toEqual(['ExecutionStarted', 'ExecutionCompleted'])
})

test.each([
  ['@x', /400/],
  ['x'.repeat(257), /400/],
  ['a/b', /404/],
])('65. the id %s is refused', async (instanceId, error) => {
  expect((await flows.client('startNew', 'echo', { instanceId, input: 1 })).error).toMatch(error)
})

test('66. a running orchestration says so, and has no history in the client library', async () => {
  const id = await startWaiting()
  const { value } = await flows.client('getStatus', id, { showHistory: true, showInput: true })
  expect(value).toMatchObject({ runtimeStatus: 'Running', input: ['go'], output: null, customStatus: null })
  expect(value).not.toHaveProperty('history')
})

test('67. the status is 202 while it runs and 200 after, with a history on request', async () => {
  const id = await startWaiting()
  const running = await fetch(`${flows.api}/instances/${id}?showInput=false`)
  expect([running.status, running.headers.get('retry-after')]).toEqual([202, '5'])
  expect(running.headers.get('location')).toBe(running.url)
  await flows.raise(id, 'go', 1)
  await flows.end(id)
  expect((await fetch(`${flows.api}/instances/${id}`)).status).toBe(200)

  const done = await flows.start('sequence', ['history'])
  await flows.end(done)
  const { historyEvents } = await flows.status(done, 'showHistory=true&showHistoryOutput=true')
  expect(historyEvents).toMatchObject([
    { EventType: 'ExecutionStarted', FunctionName: 'sequence' },
    { EventType: 'TaskCompleted', FunctionName: 'effect', Result: `history of ${done}` },
    { EventType: 'ExecutionCompleted', OrchestrationStatus: 'Completed' },
  ])
  for (const member of ['OrchestrationInstance', 'ParentInstance', 'Version', 'Tags', 'Name']) {
    expect(historyEvents?.[0]).not.toHaveProperty(member)
  }
  const bare = await flows.status(done, 'showHistory=true&showInput=false')
  expect(bare.input).toBeNull()
  expect(JSON.stringify(bare.historyEvents)).not.toMatch(/Result|"Input"/)
})

test('67. a failed one answers 500 when that is asked for', async () => {
  const id = await flows.start('throws', 'x')
  await flows.end(id)
  const url = `${flows.api}/instances/${id}`
  expect((await fetch(url)).status).toBe(200)
  expect((await fetch(`${url}?returnInternalServerErrorOnFailure=true`)).status).toBe(500)
})

test('68. events: unknown instances reject, ended ones take them without effect, and data is needed', async () => {
  expect((await flows.client('raiseEvent', 'nobody', 'go', 1)).error).toContain(
    "No instance with ID 'nobody'",
  )
  const id = await startWaiting()
  expect((await flows.client('raiseEvent', id, 'go')).error).toMatch(/400/)
  await flows.client('raiseEvent', id, 'go', 'data')
  expect((await flows.end(id)).output).toEqual(['data'])
  expect(await flows.client('raiseEvent', id, 'go', 'late')).toEqual({})
  expect(await flows.raise(id, 'go', 'late')).toBe(410)
  const text = await fetch(`${flows.api}/instances/${await startWaiting()}/raiseEvent/go`, {
    method: 'POST',
    body: '1',
  })
  expect(text.status).toBe(400)
})

test('69. a list of more than one page is read to its end, by state and time, without entities', async () => {
  const from = new Date().toISOString()
  const ids = await Promise.all(Array.from({ length: 250 }, (_, n) => flows.start('echo', n, `list-${n}`)))
  for (const id of ids) await flows.end(id)
  const { value } = await flows.client('getStatusAll')
  const listed = (value as { instanceId: string }[]).map(({ instanceId }) => instanceId)
  expect(listed.filter((id) => id.startsWith('list-')).sort()).toEqual([...ids].sort())
  expect(listed.filter((id) => id.startsWith('@'))).toEqual([])

  const list = async (query: string) =>
    (await (await fetch(`${flows.api}/instances/?${query}`)).json()) as unknown[]
  expect(await list('instanceIdPrefix=list-1&top=1000')).toHaveLength(111)
  expect(await list('instanceIdPrefix=list-&runtimeStatus=Running,Failed')).toEqual([])
  expect(await list(`instanceIdPrefix=list-&top=1000&createdTimeTo=${from}`)).toEqual([])
  expect(await list(`instanceIdPrefix=list-&createdTimeFrom=${from}`)).toHaveLength(100)
})

test('70. a terminated orchestration has the reason as its output, and a second one changes nothing', async () => {
  const id = await startWaiting()
  expect(await flows.client('terminate', id, 'enough')).toEqual({})
  expect(await flows.end(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' })
  expect(await flows.client('terminate', id, 'again')).toEqual({})
  expect(
    (await fetch(`${flows.api}/instances/${id}/terminate?reason=again`, { method: 'POST' })).status,
  ).toBe(410)
  expect((await flows.status(id)).output).toBe('enough')
  const other = await startWaiting()
  await fetch(`${flows.api}/instances/${other}/terminate`, { method: 'POST' })
  expect(await flows.end(other)).toMatchObject({ runtimeStatus: 'Terminated', output: null })
})

test('71. an event that comes while it is suspended is handled after it is resumed', async () => {
  const id = await startWaiting()
  await flows.client('suspend', id, 'a break')
  await hasStatus(id, 'Suspended')
  expect((await flows.client('suspend', id, 'again')).error).toMatch(/500/)
  await flows.raise(id, 'go', 'kept')
  await flows.client('getStatus', id)
  expect(await flows.status(id)).toMatchObject({ runtimeStatus: 'Suspended', output: 'a break' })
  await flows.client('resume', id, 'on')
  expect((await flows.end(id)).output).toEqual(['kept'])
  expect((await flows.client('resume', await startWaiting(), 'why')).error).toMatch(/500/)
})

test('71. a timer that is due while it is suspended fires after it is resumed', async () => {
  const id = await flows.start('race', { milliseconds: 1_000 })
  const dueAt = Date.now() + 1_000
  await flows.client('suspend', id, 'a break')
  await hasStatus(id, 'Suspended')
  await until(() => Date.now() > dueAt)
  expect((await flows.status(id)).runtimeStatus).toBe('Suspended')
  await flows.client('resume', id, 'on')
  expect((await flows.end(id)).output).toBe('too late')
})

test('72. a purge forgets one, a purge by state those in it', async () => {
  const [done, failed] = [await flows.start('echo', 1), await flows.start('throws', 'x')]
  await flows.end(done)
  await flows.end(failed)
  const deleted = (instancesDeleted: number) => ({ value: { instancesDeleted } })
  expect(await flows.client('purgeInstanceHistory', done)).toEqual(deleted(1))
  expect(await flows.client('purgeInstanceHistory', done)).toEqual(deleted(0))
  expect((await fetch(`${flows.api}/instances/${done}`)).status).toBe(404)

  await flows.end(await flows.start('echo', 1, 'purged'))
  const waiting = await startWaiting()
  const filter = 'createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Completed,Running'
  const purge = await fetch(`${flows.api}/instances/?${filter}`, { method: 'DELETE' })
  expect(purge.status).toBe(200)
  expect((await fetch(`${flows.api}/instances/purged`)).status).toBe(404)
  expect((await flows.status(failed)).runtimeStatus).toBe('Failed')
  expect((await flows.status(waiting)).runtimeStatus).toBe('Running')
  expect((await fetch(`${flows.api}/instances/?runtimeStatus=Failed`, { method: 'DELETE' })).status).toBe(400)
})

test('73. a rewind runs only what failed again', async () => {
  effects.hold('rewound-fails')
  const id = await flows.start('failsOnce', 'rewound')
  expect((await flows.end(id)).runtimeStatus).toBe('Failed')
  effects.release('rewound-fails')
  expect(await flows.client('rewind', id, 'it works now')).toEqual({})
  await hasStatus(id, 'Completed')
  expect((await flows.status(id)).output).toEqual([`rewound of ${id}`, 'worked'])
  expect(effects.read().filter((effect) => effect.includes('rewound'))).toEqual([
    'rewound',
    'tries rewound',
    'tries rewound',
  ])
  expect((await flows.client('rewind', id, 'again')).error).toMatch(/410/)
  const running = await flows.client('rewind', await startWaiting(), 'why')
  expect(running.error).toMatch(/only supported on failed orchestration instances/)
})

test('73. a rewind after retries makes the last attempt again', async () => {
  effects.hold('retried-fails')
  const id = await flows.start('retriesOnce', 'retried')
  expect((await flows.end(id)).runtimeStatus).toBe('Failed')
  effects.release('retried-fails')
  await flows.client('rewind', id, 'it works now')
  await hasStatus(id, 'Completed')
  expect((await flows.status(id)).output).toBe('worked')
  expect(effects.read().filter((effect) => effect === 'tries retried')).toHaveLength(3)
})

test('73. a rewind reaches into a sub-orchestration that failed', async () => {
  effects.hold('deep-fails')
  const id = await flows.start('parentOfFailing', { name: 'deep', childId: 'deep-child' })
  expect((await flows.end(id)).runtimeStatus).toBe('Failed')
  effects.release('deep-fails')
  await flows.client('rewind', id, 'it works now')
  await hasStatus(id, 'Completed')
  expect((await flows.status(id)).output).toEqual(['deep of deep-child', 'worked'])
  expect(effects.read().filter((effect) => effect === 'deep')).toHaveLength(1)
})

test('74. the links of a new orchestration all do what they say', async () => {
  const origin = `http://127.0.0.1:${host.port}`
  const started = await fetch(`${origin}/api/start/waitFor/linked`, { method: 'POST', body: '["go"]' })
  const links = (await started.json()) as Record<string, string>
  expect(Object.values(links).every((link) => link === 'linked' || link.startsWith(origin))).toBe(true)
  const post = async (name: string, with_: Record<string, string> = {}) => {
    const url = Object.entries(with_).reduce(
      (text, [key, value]) => text.replace(key, value),
      links[name] ?? '',
    )
    const headers = { 'content-type': 'application/json' }
    return (await fetch(url, { method: 'POST', headers, body: '1' })).status
  }
  expect((await fetch(links.statusQueryGetUri ?? '')).status).toBe(202)
  await hasStatus('linked', 'Running')
  expect(await post('suspendPostUri', { '{text}': 'why' })).toBe(202)
  await hasStatus('linked', 'Suspended')
  expect(await post('resumePostUri', { '{text}': 'why' })).toBe(202)
  await hasStatus('linked', 'Running')
  expect(await post('rewindPostUri')).toBe(412)
  expect(await post('sendEventPostUri', { '{eventName}': 'go' })).toBe(202)
  expect((await flows.end('linked')).output).toEqual([1])
  expect(await post('terminatePostUri', { '{text}': 'why' })).toBe(410)
  expect(await post('restartPostUri')).toBe(202)
  expect((await fetch(links.purgeHistoryDeleteUri ?? '', { method: 'DELETE' })).status).toBe(200)
})

test('74. an id of any letters but spaces stands encoded in its links', async () => {
  const id = 'a%c&d=e+日本'
  const api = `${host.url}/runtime/webhooks/durabletask`
  const start = (instanceId: string) =>
    fetch(`${api}/orchestrators/waitFor/${instanceId}`, { method: 'POST', body: '["go"]' })
  const started = await start(encodeURIComponent(id))
  const links = (await started.json()) as Record<string, string>
  expect([started.status, links.id]).toEqual([202, id])
  expect(started.headers.get('location')).toBe(links.statusQueryGetUri)
  const status = await fetch(links.statusQueryGetUri ?? '')
  expect(status.status).toBe(202)
  expect(((await status.json()) as { instanceId: string }).instanceId).toBe(id)
  expect((await fetch(links.purgeHistoryDeleteUri ?? '', { method: 'DELETE' })).status).toBe(200)
  expect(await (await start('with%2Fslash')).json()).toMatchObject({ id: 'with%2Fslash' })
  expect(await (await start('%20')).json()).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/) })
})

test('75. waiting for the end gives the output, a link when it takes too long, or the failure', async () => {
  const wait = (id: string, milliseconds: number) => fetch(`${host.url}/api/wait/${id}/${milliseconds}`)
  const done = await wait(await flows.start('echo', { a: 1 }), 5000)
  expect([done.status, await done.json()]).toEqual([200, { a: 1 }])
  const slow = await wait(await startWaiting(), 20)
  expect([slow.status, slow.headers.get('retry-after')]).toEqual([202, '10'])
  const failed = await wait(await flows.start('throws', 'x'), 5000)
  expect([failed.status, ((await failed.json()) as { runtimeStatus: string }).runtimeStatus]).toEqual([
    500,
    'Failed',
  ])
})

test('75. the API itself waits for the end when it is asked to', async () => {
  const start = (path: string, body: string) =>
    fetch(`${flows.api}/orchestrators/${path}`, { method: 'POST', body })
  const done = await start('ECHO?timeout=5&pollingInterval=0.01', '{"n":1}')
  expect([done.status, await done.text()]).toEqual([200, '{"n":1}'])
  const failed = await start('throws?timeout=5&pollingInterval=0.01', '"x"')
  expect([failed.status, await failed.json()]).toMatchObject([200, { runtimeStatus: 'Failed' }])
  expect((await start('echo?timeout=5', '1')).status).toBe(202)
  expect((await start('echo?timeout=1&pollingInterval=2', '1')).status).toBe(400)
  const slow = await start('waitFor?timeout=0.05&pollingInterval=0.01', '["go"]')
  expect(slow.status).toBe(202)
  expect(slow.headers.get('location')).toContain('/instances/')
})

test('77. a start with broken JSON is refused', async () => {
  const answer = await fetch(`${flows.api}/orchestrators/echo`, { method: 'POST', body: '{bad' })
  expect([answer.status, ((await answer.json()) as { Message: string }).Message]).toEqual([
    400,
    'Invalid JSON content',
  ])
})

test('a restart runs the same function with the same input, under a new id or its own', async () => {
  const id = await flows.start('echo', { a: 1 })
  await flows.end(id)
  const restart = (query: string) =>
    fetch(`${flows.api}/instances/${id}/restart?${query}`, { method: 'POST' })
  const { id: newId } = (await (await restart('')).json()) as { id: string }
  expect(newId).not.toBe(id)
  expect((await flows.end(newId)).output).toEqual({ a: 1 })
  expect((await restart('restartWithNewInstanceId=false')).status).toBe(202)
  expect(await flows.end(id)).toMatchObject({ name: 'echo', output: { a: 1 } })
  const waited = await restart('timeout=5&pollingInterval=0.05')
  expect([waited.status, await waited.json()]).toEqual([200, { a: 1 }])
})

test('69. what cannot be read of a filter counts for nothing', async () => {
  await flows.end(await flows.start('throws', 'x', 'filtered-failed'))
  await flows.end(await flows.start('echo', 1, 'filtered-done'))
  const list = async (filter: string) => {
    const found = await fetch(`${flows.api}/instances/?instanceIdPrefix=filtered-&${filter}`)
    return ((await found.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId).sort()
  }
  expect(await list('runtimeStatus=Failed,Lost')).toEqual(['filtered-failed'])
  for (const filter of ['runtimeStatus=failed', 'runtimeStatus=Lost', 'createdTimeFrom=soon']) {
    expect(await list(filter)).toEqual(['filtered-done', 'filtered-failed'])
  }
})

test('an orchestration has the name that its caller wrote', async () => {
  const id = await flows.start('ECHO', 1)
  expect(await flows.end(id)).toMatchObject({ name: 'ECHO', output: 1 })
})

test('a version given at the start reaches the orchestrator', async () => {
  const id = (await flows.client('startNew', 'version', { input: 'child', version: '2.1' })).value
  expect((await flows.end(String(id))).output).toEqual(['2.1', null])
})
