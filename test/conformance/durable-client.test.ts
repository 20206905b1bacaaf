import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppClient, createAppClient } from '../host/durable/app-client.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempApp } from '../support/temp-app.js'

let host: SpawnedHost
let api: AppClient

beforeAll(async () => {
  host = await spawnHost({ root: join(import.meta.dirname, '../fixtures/apps/durable') })
  api = createAppClient(host)
})
afterAll(() => host.stop('SIGKILL'))

test.each([
  [
    '63. a start of an unknown orchestrator',
    'startNew',
    ['flow'],
    /status code: 400.*not an orchestrator function/,
  ],
  ['66. the status of an unknown instance', 'getStatus', ['x'], /replied with HTTP 404 response/],
  ['68. an event for an unknown instance', 'raiseEvent', ['x', 'go', 1], /No instance with ID 'x' found/],
  ['70. ending an unknown instance', 'terminate', ['x', 'why'], /No instance with ID 'x' found/],
  ['71. suspending an unknown instance', 'suspend', ['x', 'why'], /No instance with ID 'x' found/],
  ['71. resuming an unknown instance', 'resume', ['x', 'why'], /No instance with ID 'x' found/],
  ['73. rewinding an unknown instance', 'rewind', ['x', 'why'], /No instance with ID 'x' found/],
])('%s is refused', async (_, method, args, error) => {
  expect((await api.client(method, ...args)).error).toMatch(error)
})

test('69. the list of instances is empty and leaves entities out', async () => {
  await api.signal('Counter', 'k', 'add', 1)
  expect(await api.client('getStatusAll')).toEqual({ value: [] })
})

test('72. purging an unknown instance deletes none', async () => {
  expect(await api.client('purgeInstanceHistory', 'x')).toEqual({ value: { instancesDeleted: 0 } })
})

test('74. links of a check status response have the origin of the request, and all are answered', async () => {
  const url = `http://127.0.0.1:${host.port}`
  const answer = await fetch(`${url}/api/links/my-id`)
  expect(answer.status).toBe(202)
  const links = (await answer.json()) as Record<string, string>
  expect(answer.headers.get('location')).toBe(links.statusQueryGetUri)
  expect(links.id).toBe('my-id')
  const methods = { statusQueryGetUri: 'GET', purgeHistoryDeleteUri: 'DELETE' } as Record<string, string>
  for (const [name, link] of Object.entries(links)) {
    if (name === 'id') continue
    expect(link).toMatch(new RegExp(`^${url}/runtime/webhooks/durabletask/instances/my-id`))
    const { status } = await fetch(link, { method: methods[name] ?? 'POST' })
    expect([name, status]).toEqual([name, name === 'restartPostUri' ? 400 : 404])
  }
})

test('76. management links use the port of the host', async () => {
  const { value } = await api.client('createHttpManagementPayload', 'my-id')
  expect(value).toMatchObject({
    id: 'my-id',
    statusQueryGetUri: `${host.url}/runtime/webhooks/durabletask/instances/my-id?taskHub=Fixture&connection=AzureWebJobsStorage&code=local`,
  })
})

test('the API under the address of the host decodes keys twice, but for slashes', async () => {
  const entities = `${host.url}/runtime/webhooks/durabletask/entities/Counter`
  expect((await fetch(`${entities}/a%252Fb?op=add`, { method: 'POST' })).status).toBe(202)
  expect((await fetch(`${entities}/a%2Fb?op=add`, { method: 'POST' })).status).toBe(202)
  expect((await fetch(`${entities}/a%255Cb?op=add`, { method: 'POST' })).status).toBe(400)
})

test('a request that a stop waits for, and the last hook, can still send', async () => {
  const app = await createTempApp({
    'package.json': { main: 'index.js' },
    'index.js': `const { app } = require('@azure/functions')
      const df = require('durable-functions')
      const send = (client) => client.signalEntity(new df.EntityId('e', 'k'), 'op')
      df.app.entity('e', (context) => context.df.setState(1))
      let last
      app.http('late', { extraInputs: [df.input.durableClient()], handler: async (_request, context) => {
        last = df.getClient(context)
        const stopped = new Promise((resolve) => process.once('SIGTERM', () => setTimeout(resolve, 100)))
        process.stdout.write('waits for the stop\\n')
        await stopped
        await send(last)
        return { body: 'sent' }
      } })
      app.hook.appTerminate(async () => {
        await send(last)
        process.stdout.write('sent by the hook\\n')
      })`,
  })
  try {
    const stopping = await spawnHost({ root: app.root })
    const answer = fetch(`${stopping.url}/api/late`)
    await stopping.waitForOutput(/waits for the stop/)
    const code = stopping.stop('SIGTERM')
    expect(await (await answer).text()).toBe('sent')
    expect([await code, stopping.output()]).toEqual([0, expect.stringContaining('sent by the hook')])
  } finally {
    await app.remove()
  }
})
