import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import * as df from 'durable-functions'
import { expect, onTestFinished, test } from 'vitest'
import type { DurableAnswer } from '../../../../src/host/durable/api/durable-answer.js'
import type { DurableRequest } from '../../../../src/host/durable/api/durable-request.js'
import { openRpcShortcut } from '../../../../src/host/durable/api/rpc-shortcut.js'
import { createTempFolder } from '../../../support/temp-folder.js'
import { counter, createClient, startTestHost, until } from '../kit.js'

const repository = resolve(import.meta.dirname, '../../../..')

/** The copy of axios that the client library has loaded. */
const axios = createRequire(createRequire(import.meta.url).resolve('durable-functions'))('axios') as {
  readonly Axios: { readonly prototype: { readonly request: unknown } }
  create(config: object): {
    readonly interceptors: { readonly request: { use(handler: (config: unknown) => unknown): void } }
    post(url: string, data?: unknown): Promise<unknown>
  }
}

/** The client library, sending its calls to an address. */
function callAt(rpcBaseUrl: string) {
  return createClient({ taskHubName: 'Hub', creationUrls: {}, managementUrls: {}, rpcBaseUrl })
}

/** Nobody listens there. */
const baseUrl = 'http://127.0.0.1:1/durabletask/'
const id = new df.EntityId('counter', 'a key')

function open(answer: DurableAnswer, root = repository) {
  const requests: DurableRequest[] = []
  const close = openRpcShortcut({
    root,
    baseUrl,
    answer: async (request) => {
      requests.push(request)
      return answer
    },
  })
  onTestFinished(close)
  return { requests, close }
}

test('says what the client library would say over HTTP', async () => {
  const { requests } = open({ status: 202 })
  await callAt(baseUrl).signalEntity(id, 'add', { by: 1 })
  const [request] = requests
  expect(request).toMatchObject({ method: 'POST', segments: ['entities', 'counter', 'a key'] })
  expect([...(request?.query ?? [])]).toEqual([['op', 'add']])
  expect(request?.headers['content-type']).toBe('application/json')
  expect(await request?.readBody()).toBe('{"by":1}')
})

test.each([
  [undefined, ''],
  ['', '""'],
  ['a text', '"a text"'],
  ['{"n":1}', '{"n":1}'],
])('sends the body %j as axios does', async (data, body) => {
  const { requests } = open({ status: 202 })
  const instance = axios.create({
    validateStatus: () => true,
    headers: { post: { 'Content-Type': 'application/json' } },
  })
  await instance.post(`${baseUrl}x`, data)
  expect(await requests[0]?.readBody()).toBe(body)
})

test('gives the library the answer, its status and its headers', async () => {
  open({ status: 200, json: '{"n":1}' })
  expect(await callAt(baseUrl).readEntityState(id)).toMatchObject({ entityState: { n: 1 } })
  open({ status: 404 })
  expect((await callAt(baseUrl).readEntityState(id)).entityExists).toBe(false)
  open({ status: 500, json: '{"Message":"no"}' })
  await expect(callAt(baseUrl).signalEntity(id)).rejects.toThrow(
    'status code: 500. Details: {"Message":"no"}',
  )
})

test('leaves every other address alone, and all of them once it is closed', async () => {
  const server = createServer((_request, response) => response.end('"over HTTP"')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const other = `http://127.0.0.1:${(server.address() as AddressInfo).port}/durabletask/`
  const { requests, close } = open({ status: 200, json: '"here"' })
  expect((await callAt(other).readEntityState(id)).entityState).toBe('over HTTP')
  const client = callAt(baseUrl)
  expect((await client.readEntityState(id)).entityState).toBe('here')
  close()
  await expect(client.readEntityState(id)).rejects.toThrow('ECONNREFUSED')
  await expect(callAt(baseUrl).readEntityState(id)).rejects.toThrow('ECONNREFUSED')
  expect(requests).toHaveLength(1)
})

test('leaves an instance alone that somebody watches, or that wants an error for a status', async () => {
  const { requests } = open({ status: 202 })
  const strict = axios.create({})
  await expect(strict.post(`${baseUrl}x`)).rejects.toThrow('ECONNREFUSED')
  const watched = axios.create({ validateStatus: () => true })
  watched.interceptors.request.use((config) => config)
  await expect(watched.post(`${baseUrl}x`)).rejects.toThrow('ECONNREFUSED')
  expect(requests).toEqual([])
})

test('changes nothing for an app that has no client library', () => {
  const { request } = axios.Axios.prototype
  open({ status: 200 }, tmpdir())
  expect(axios.Axios.prototype.request).toBe(request)
})

test('an extension that knows the app takes it', async () => {
  const dataDir = createTempFolder()
  const host = await startTestHost({ dataDir, entities: { counter }, root: repository })
  await host.client.signalEntity(id, 'add', 5)
  await until(async () => (await host.client.readEntityState<number>(id)).entityState === 5)
})
