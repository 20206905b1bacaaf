import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempApp, type TempApp } from '../support/temp-app.js'
import { createTempFolder } from '../support/temp-folder.js'

const dataDir = createTempFolder(afterAll)
const code = `const { app } = require('@azure/functions')
  const df = require('durable-functions')
  const add = (name, authLevel) => app.http(name, { authLevel, handler: async () => ({ body: name }) })
  add('open', 'anonymous')
  add('keyed', 'function')
  add('other', 'function')
  add('managed', 'admin')
  df.app.orchestration('nothing', function* () {})
  app.http('begin', {
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      const client = df.getClient(context)
      return client.createCheckStatusResponse(request, await client.startNew('nothing'))
    },
  })
  app.mcpTool('tool', { toolName: 'tool', description: '', toolProperties: [], handler: async () => 'x' })`
let app: TempApp
let host: SpawnedHost

beforeAll(async () => {
  app = await createTempApp({ 'package.json': { main: 'index.js' }, 'index.js': code })
  host = await spawnHost({ root: app.root, dataDir, args: ['--enable-auth'] })
})
afterAll(async () => {
  await host.stop('SIGKILL')
  await app.remove()
})

interface Key {
  readonly name: string
  readonly value: string
}

interface KeyFile {
  readonly masterKey: Key
  readonly functionKeys: readonly Key[]
  readonly systemKeys: readonly Key[]
  readonly keys: readonly Key[]
}

function readFile(name: string): KeyFile {
  return JSON.parse(readFileSync(join(dataDir, 'secrets', `${name}.json`), 'utf8'))
}

const master = () => readFile('host').masterKey.value
const hostKey = () => readFile('host').functionKeys[0]?.value ?? ''
const keyOf = (name: string) => readFile(name).keys[0]?.value ?? ''
const systemKey = (extension: string) =>
  readFile('host').systemKeys.find(({ name }) => name === `${extension}_extension`)?.value ?? ''

async function call(path: string, key?: string, how: 'header' | 'query' = 'header'): Promise<number> {
  const headers = key !== undefined && how === 'header' ? { 'x-functions-key': key } : undefined
  const query = key !== undefined && how === 'query' ? `?Code=${key}` : ''
  const answer = await fetch(`${host.url}/${path}${query}`, headers && { headers })
  const body = await answer.text()
  if (answer.status === 401) expect(body).toBe('')
  return answer.status
}

test('41. with authentication on, a function needs its own key, one of the app or the master key', async () => {
  expect(await call('api/open')).toBe(200)
  expect(await call('api/keyed')).toBe(401)
  expect(await call('api/keyed', 'wrong')).toBe(401)
  expect(await call('api/keyed', keyOf('other'))).toBe(401)
  expect(await call('api/keyed', systemKey('mcp'))).toBe(401)
  for (const key of [keyOf('keyed'), hostKey(), master()]) {
    expect(await call('api/keyed', key)).toBe(200)
    expect(await call('api/keyed', key, 'query')).toBe(200)
  }
})

test('41. authLevel admin needs the master key', async () => {
  expect(await call('api/managed', keyOf('managed'))).toBe(401)
  expect(await call('api/managed', hostKey())).toBe(401)
  expect(await call('api/managed', master())).toBe(200)
})

test('41. the key in the header wins over the one in the query', async () => {
  const url = `${host.url}/api/keyed?code=${keyOf('keyed')}`
  expect((await fetch(url, { headers: { 'x-functions-key': 'wrong' } })).status).toBe(401)
})

test('admin endpoints need the master key, and show the keys to whoever has it', async () => {
  expect(await call('admin/host/status')).toBe(401)
  expect(await call('admin/host/status', 'wrong')).toBe(401)
  expect(await call('admin/host/status', hostKey())).toBe(403)
  expect(await call('admin/host/status', systemKey('durabletask'))).toBe(403)
  expect(await call('admin/host/status', master())).toBe(200)
  const read = async (path: string): Promise<unknown> =>
    (await fetch(`${host.url}/admin/${path}?code=${master()}`)).json()
  expect(await read('functions/KEYED/keys')).toEqual({
    keys: [{ name: 'default', value: keyOf('keyed') }],
    links: [{ rel: 'self', href: `${host.url}/admin/functions/KEYED/keys` }],
  })
  expect(await read('host/keys')).toMatchObject({ keys: [{ name: 'default', value: hostKey() }] })
  expect(await read('host/keys/_master')).toEqual({
    name: '_master',
    value: master(),
    links: [{ rel: 'self', href: `${host.url}/admin/host/keys/_master` }],
  })
  expect(await read('host/systemkeys/mcp_extension')).toMatchObject({ value: systemKey('mcp') })
  expect(await call('admin/functions/nowhere/keys', master())).toBe(404)
  expect(await call('admin/host/systemkeys/nowhere', master())).toBe(404)
})

test('webhooks need the key of their extension or the master key', async () => {
  const path = 'runtime/webhooks/durabletask/instances/none'
  expect(await call(path)).toBe(401)
  expect(await call(path, 'wrong')).toBe(401)
  expect(await call(path, hostKey())).toBe(403)
  expect(await call(path, systemKey('mcp'))).toBe(403)
  expect(await call(path, systemKey('durabletask'))).toBe(404)
  expect(await call(path, master())).toBe(404)
  expect(await call('runtime/webhooks/mcp')).toBe(401)
  expect(await call('runtime/webhooks/mcp', systemKey('mcp'))).toBe(405)
})

test('the links of the durable client carry the key that they need', async () => {
  const begun = await fetch(`${host.url}/api/begin`, { headers: { 'x-functions-key': master() } })
  const { statusQueryGetUri } = (await begun.json()) as { readonly statusQueryGetUri: string }
  expect((await fetch(statusQueryGetUri)).status).toBeLessThan(300)
})

test('the start says where the keys are, and no log shows one', () => {
  expect(host.output()).toContain(`The keys are in ${join(dataDir, 'secrets')}`)
  const keys = [master(), hostKey(), keyOf('keyed'), systemKey('mcp'), systemKey('durabletask')]
  for (const key of keys) {
    expect(key).toMatch(/^[\w-]{43}$/)
    expect(host.output()).not.toContain(key)
  }
})

test('without authentication nobody is told the keys', async () => {
  const open = await spawnHost({ root: app.root, dataDir })
  try {
    expect((await fetch(`${open.url}/api/managed`)).status).toBe(200)
    for (const path of ['host/keys', 'functions/keyed/keys', 'host/systemkeys']) {
      expect((await fetch(`${open.url}/admin/${path}`)).status).toBe(404)
    }
  } finally {
    await open.stop('SIGKILL')
  }
})
