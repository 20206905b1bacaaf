import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppClient, createAppClient } from '../host/durable/app-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'

const apps = join(import.meta.dirname, '../fixtures/apps')
let host: SpawnedHost
let api: AppClient

beforeAll(async () => {
  host = await spawnHost({ root: join(apps, 'durable') })
  api = createAppClient(host)
})
afterAll(() => host.stop('SIGKILL'))

test('78. a hundred signals are applied one at a time, none lost', async () => {
  await Promise.all(Array.from({ length: 100 }, () => api.signal('Counter', 'sum', 'add', 1)))
  await until(async () => (await api.read('Counter', 'sum')).state === 100)
  expect(host.output()).not.toContain('overlap')
})

test('78. an ESM app with one operation per batch works the same', async () => {
  const modern = await spawnHost({ root: join(apps, 'durable-esm') })
  const url = `${modern.url}/api/counters/k`
  expect((await fetch(url)).status).toBe(404)
  await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/add/2`, { method: 'POST' })))
  await until(async () => (await (await fetch(url)).text()) === '40')
  expect(await modern.stop()).toBe(0)
  expect(modern.output().match(/Executing 'Functions\.counter'/g)).toHaveLength(20)
})

test('79. an operation that throws keeps the state it set, and the next one sees it', async () => {
  await api.signal('Probe', 'throwing', 'note', 1)
  await api.signal('Probe', 'throwing', 'noteAndThrow', 2)
  await api.signal('Probe', 'throwing', 'note', 3)
  expect(await api.readList('Probe', 'throwing', 3)).toEqual([1, 2, 3])
  expect(host.output()).toContain("@probe@throwing: Error in operation 'noteAndThrow': {}")
})

test('80. a thrown text is reported as that text', async () => {
  await api.signal('Probe', 'text', 'throwText')
  await host.waitForOutput(/@probe@text: Error in operation 'throwText': "a text"/)
})

test('84. a signal to itself is handled in a later batch', async () => {
  await api.signal('Probe', 'self', 'signalSelf')
  expect(await api.readList('Probe', 'self', 2)).toEqual(['signalled', 'by itself'])
})

test('85. signals to another entity arrive in order; 91. falsy ones from an entity arrive as undefined', async () => {
  await api.signal('Probe', 'sender', 'signalOther', [1, 0, 'a', '', false, { b: 2 }])
  expect(await api.readList('Probe', 'other', 6)).toEqual([
    1,
    'undefined',
    'a',
    'undefined',
    'undefined',
    { b: 2 },
  ])
})

test('86. an entity that destructs itself is gone, and new again for the next operation', async () => {
  await api.signal('Probe', 'mortal', 'isNew')
  await api.signal('Probe', 'mortal', 'isNew')
  expect(await api.readList('Probe', 'mortal', 2)).toEqual([true, false])
  await api.signal('Probe', 'mortal', 'destruct')
  await until(async () => !(await api.read('Probe', 'mortal')).exists)
  await api.signal('Probe', 'mortal', 'isNew')
  expect(await api.readList('Probe', 'mortal', 1)).toEqual([true])
})

test('87. a state of null exists and reads as null', async () => {
  await api.signal('Probe', 'null', 'setNull')
  await until(async () => (await api.read('Probe', 'null')).exists)
  expect(await api.read('Probe', 'null')).toEqual({ exists: true, state: null })
})

test('88. an entity that only returned something has no state to read', async () => {
  await api.signal('Probe', 'returned', 'returnOnly')
  await api.signal('Probe', 'returned', 'isNew')
  expect(await api.readList('Probe', 'returned', 1)).toEqual([false])
  await api.signal('Probe', 'only', 'returnOnly')
  const list = `${host.url}/runtime/webhooks/durabletask/entities/probe?top=1000`
  await until(async () => (await (await fetch(list)).text()).includes('"only"'))
  expect(await api.read('Probe', 'only')).toEqual({ exists: false })
})

test('89. names of entities compare ignoring case, keys do not', async () => {
  await api.signal('PROBE', 'Key', 'name')
  await api.signal('probe', 'Key', 'name')
  expect(await api.readList('pRoBe', 'Key', 2)).toEqual(['probe/Key', 'probe/Key'])
  expect(await api.read('Probe', 'key')).toEqual({ exists: false })
})

test('90. a signal to an unknown entity is refused', async () => {
  const { error } = await api.client('signalEntity', { name: 'Nobody', key: 'k' }, 'op')
  expect(error).toMatch(/status code: 400.*doesn't exist, is disabled, or is not an entity function/)
})

test('90. a signal that an entity sends to an unknown one is kept and reported', async () => {
  await api.signal('Probe', 'lonely', 'signalNobody')
  await host.waitForOutput(/\[would hang in Azure\].*'nobody'/)
})

test('91. falsy inputs from a client arrive as they are', async () => {
  for (const input of [0, '', false, null, undefined]) await api.signal('Probe', 'falsy', 'note', input)
  expect(await api.readList('Probe', 'falsy', 5)).toEqual([0, '', false, null, 'undefined'])
})

test('unusual but allowed keys reach the entity as they are', async () => {
  const key = 'A-Z_0.9:~@!$()*+,;='
  await api.signal('Probe', key, 'name')
  expect(await api.readList('Probe', key, 1)).toEqual([`probe/${key}`])
})

test('an operation does not run in the async context of whoever has signalled it', async () => {
  await api.signal('Probe', 'apart', 'caller')
  expect(await api.readList('Probe', 'apart', 1)).toEqual(['nobody'])
})
