import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { sendRaw } from '../support/api.js'
import { runFailingHost, type SpawnedHost, type SpawnHostOptions, spawnHost } from '../support/spawn-host.js'
import { type AppFiles, createTempApp } from '../support/temp-app.js'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** An app whose `env` function gives the values of settings, with other functions behind it. */
async function writeApp(files: AppFiles, more = ''): Promise<string> {
  const app = await createTempApp({
    'package.json': { main: 'index.js' },
    'index.js': `const { app } = require('@azure/functions')
      app.http('env', { handler: async (request) => {
        const names = request.query.get('names').split(',')
        return { jsonBody: names.map((name) => process.env[name] ?? null) }
      } })
      ${more}`,
    ...files,
  })
  cleanups.push(app.remove)
  return app.root
}

async function startApp(
  files: AppFiles,
  more = '',
  options: Omit<SpawnHostOptions, 'root'> = {},
): Promise<SpawnedHost> {
  const host = await spawnHost({ root: await writeApp(files, more), ...options })
  cleanups.push(() => host.stop('SIGKILL'))
  return host
}

async function readEnv(host: SpawnedHost, ...names: string[]): Promise<unknown> {
  return (await fetch(`${host.url}/api/env?names=${names.join(',')}`)).json()
}

function hostJson(more: object): AppFiles {
  return { 'host.json': { version: '2.0', ...more } }
}

const timer = (name: string, schedule: string): string =>
  `app.timer('${name}', { schedule: '${schedule}', handler: async () => {} })\n`

test('39. serves routes without a prefix, and the home page until a function takes /', async () => {
  const noPrefix = hostJson({ extensions: { http: { routePrefix: '' } } })
  const host = await startApp(noPrefix, `app.http('hello', { handler: async () => ({ body: 'hi' }) })`)
  expect(await (await fetch(`${host.url}/hello`)).text()).toBe('hi')
  expect(await (await fetch(host.url)).text()).toContain('up and running')
  const taken = await startApp(
    noPrefix,
    `app.http('all', { route: '{*path}', handler: async () => ({ body: 'mine' }) })`,
  )
  expect(await (await fetch(taken.url)).text()).toBe('mine')
})

test('40. 56. 57. reads app settings: the environment wins, the home page can be off', async () => {
  const values = {
    X: 'file',
    Y: 'file',
    EMPTY: '',
    NUMBER: 5,
    GONE: null,
    AzureWebJobsDisableHomepage: 'true',
  }
  const settings = `{ // comment
    "Values": ${JSON.stringify(values)},
    "ConnectionStrings": { "Sql": "server" },
  }`
  const host = await startApp({ 'local.settings.json': settings }, '', { env: { X: 'environment' } })
  expect(await readEnv(host, 'X', 'Y', 'EMPTY', 'NUMBER', 'GONE', 'ConnectionStrings:Sql')).toEqual([
    'environment',
    'file',
    '',
    '5',
    null,
    'server',
  ])
  expect(host.output()).toContain(
    "Skipping 'X' from local settings as it's already defined in current environment variables.",
  )
  expect(host.output()).toMatch(/"IsEncrypted": false/)
  expect(host.output()).not.toContain('server')
  expect((await fetch(host.url)).status).toBe(204)
  expect(
    await readEnv(host, 'WEBSITE_HOSTNAME', 'AZURE_FUNCTIONS_ENVIRONMENT', 'FUNCTIONS_WORKER_RUNTIME'),
  ).toEqual([`localhost:${host.port}`, 'Development', 'node'])
})

test('42. answers pre-flights of listed origins only', async () => {
  const host = await startApp({
    'local.settings.json': { IsEncrypted: false, Host: { CORS: 'http://x,http://y', CORSCredentials: true } },
  })
  const preflight = (origin: string): Promise<Response> =>
    fetch(`${host.url}/api/env`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-one',
      },
    })
  const allowed = await preflight('http://y')
  expect(allowed.status).toBe(204)
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': 'http://y',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'x-one',
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  })
  expect((await preflight('http://z')).headers.has('access-control-allow-origin')).toBe(false)
  const simple = await fetch(`${host.url}/api/env?names=X`, { headers: { origin: 'http://x' } })
  expect([simple.status, simple.headers.get('access-control-allow-origin')]).toEqual([200, 'http://x'])
})

test('42. adds CORS headers to streamed answers, and refuses * with credentials', async () => {
  const streaming = `app.setup({ enableHttpStream: true })
    app.http('own', { handler: async () => ({ headers: { 'Access-Control-Allow-Origin': 'app', 'x-own': 'app' } }) })`
  const host = await startApp({}, streaming, { args: ['--cors', '*'] })
  const answer = await fetch(`${host.url}/api/env?names=X`, { headers: { origin: 'http://any' } })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
  const { headers } = await fetch(`${host.url}/api/own`, { headers: { origin: 'http://any' } })
  expect([headers.get('x-own'), headers.get('access-control-allow-origin')]).toEqual(['app', '*'])
  const refused = await runFailingHost({
    root: await writeApp({}),
    args: ['--cors', '*', '--cors-credentials'],
  })
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("CORS origins '*'") })
})

test('43. ends an invocation at the function timeout', async () => {
  const host = await startApp(
    hostJson({ functionTimeout: '00:00:01' }),
    `app.http('sleepy', { handler: () => new Promise((resolve) => setTimeout(resolve, 60_000)) })`,
  )
  const startedAt = Date.now()
  const answer = await fetch(`${host.url}/api/sleepy`)
  expect([answer.status, await answer.text()]).toEqual([500, ''])
  expect(Date.now() - startedAt).toBeGreaterThan(950)
  await host.waitForOutput(
    /Timeout value of 00:00:01 exceeded by function 'Functions\.sleepy' \(Id: '[0-9a-f-]+'\)/,
  )
  expect((await fetch(`${host.url}/api/env?names=X`)).status).toBe(200)
})

test('58. resolves %NAME% in bindings and in hubName; a missing one is an error of that function', async () => {
  const host = await startApp(
    hostJson({ extensions: { durableTask: { hubName: '%HUB%' } } }),
    timer('resolved', '%SCHEDULE%') + timer('unresolved', '%NOWHERE%'),
    { env: { HUB: 'MyHub', SCHEDULE: '0 0 2 * * *' } },
  )
  expect(host.output()).toContain(
    "The 'unresolved' function is in error: '%NOWHERE%' does not resolve to a value.",
  )
  const described = await (await fetch(`${host.url}/admin/functions/resolved`)).json()
  expect(described).toMatchObject({ config: { bindings: [{ schedule: '0 0 2 * * *' }] } })
  const failed = await runFailingHost({
    root: await writeApp(hostJson({ extensions: { durableTask: { hubName: '%NO_HUB%' } } })),
  })
  expect(failed).toMatchObject({
    code: 1,
    output: expect.stringContaining("'%NO_HUB%' does not resolve to a value."),
  })
})

test('59. refuses a host.json without a version, and one that is not JSON', async () => {
  const run = async (content: unknown) => runFailingHost({ root: await writeApp({ 'host.json': content }) })
  expect(await run({})).toMatchObject({
    code: 1,
    output: expect.stringContaining("The host.json file is missing the required 'version' property."),
  })
  expect(await run({ version: '1.0' })).toMatchObject({
    code: 1,
    output: expect.stringContaining('not a valid version'),
  })
  expect(await run('{')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/Unable to parse host configuration file '.*host\.json'\. .*JSON/),
  })
})

test('60. answers 404 for a disabled function', async () => {
  const hello = `app.http('hello', { handler: async () => ({}) })`
  for (const name of ['AzureWebJobs.hello.Disabled', 'AzureWebJobs__hello__Disabled']) {
    const host = await startApp(
      { 'local.settings.json': { IsEncrypted: false, Values: { [name]: 'true' } } },
      hello,
    )
    expect((await fetch(`${host.url}/api/hello`)).status).toBe(404)
    expect(host.output()).toContain('Function hello is disabled.')
  }
})

test('61. runs only the functions that host.json lists', async () => {
  const host = await startApp(
    hostJson({ functions: ['ENV'] }),
    `app.http('other', { handler: async () => ({}) })`,
  )
  expect((await fetch(`${host.url}/api/other`)).status).toBe(404)
  expect(await readEnv(host, 'NOWHERE')).toEqual([null])
})

test('applies overrides of host.json and its log levels', async () => {
  const logging = { logLevel: { default: 'Warning', 'Function.env': 'Information' } }
  const more = `app.http('quiet', { handler: async (request, context) => { context.log('not shown'); return {} } })`
  const host = await startApp(hostJson({ logging }), more, {
    env: { AzureFunctionsJobHost__extensions__http__routePrefix: 'over' },
  })
  expect((await fetch(`${host.url}/over/quiet`)).status).toBe(200)
  expect((await fetch(`${host.url}/over/env?names=X`)).status).toBe(200)
  await host.waitForOutput(/Executed 'Functions\.env'/)
  expect(host.output()).not.toMatch(/not shown|Functions\.quiet/)
})

test('retries timers as host.json says, where they do not say so themselves', async () => {
  const retry = { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: '00:00:00' }
  const more = `app.timer('failing', { schedule: '0 0 2 * * *', runOnStartup: true, handler: async (timer, context) => {
    context.log('attempt ' + (context.retryContext?.retryCount ?? 0))
    throw new Error('out of order')
  } })`
  const host = await startApp(hostJson({ retry }), more)
  await host.waitForOutput(/attempt 0[\s\S]*attempt 1[\s\S]*attempt 2/)
})

test('answers 429 above maxOutstandingRequests', async () => {
  const more = `let release
    const gate = new Promise((resolve) => { release = resolve })
    app.http('waits', { handler: () => gate })
    app.timer('release', { schedule: '0 0 2 * * *', handler: async () => release({ body: 'done' }) })`
  const host = await startApp(hostJson({ extensions: { http: { maxOutstandingRequests: 1 } } }), more)
  const first = fetch(`${host.url}/api/waits`)
  await host.waitForOutput(/Executing 'Functions\.waits'/)
  expect((await fetch(`${host.url}/api/waits`)).status).toBe(429)
  await fetch(`${host.url}/admin/functions/release`, {
    method: 'POST',
    body: '{"input":""}',
    headers: { 'content-type': 'application/json' },
  })
  expect(await (await first).text()).toBe('done')
})

test('listens on the loopback address only', async () => {
  const host = await startApp({})
  const refused = await new Promise((resolve) => {
    const socket = createConnection(host.port, '::1')
    socket.once('connect', () => resolve('connected')).once('error', () => resolve('refused'))
    cleanups.push(async () => socket.destroy())
  })
  expect(refused).toBe('refused')
})

// Node before 22.15 cannot replace its process.
describe.runIf(process.platform === 'linux' && process.execve !== undefined)('the allocator', () => {
  const setting = 'MALLOC_MMAP_THRESHOLD_'
  const readFirstEnv = (pid: number) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')

  test('gives memory back early, which neither the app nor its arguments show', async () => {
    const host = await startApp({}, '', { args: ['--stream-idle-ms', '90000'] })
    expect(readFirstEnv(host.pid)).toContain(`${setting}=32768`)
    expect(await readEnv(host, setting)).toEqual([null])
    expect(readFileSync(`/proc/${host.pid}/cmdline`, 'utf8')).toContain('--stream-idle-ms\0')
    expect(await host.stop()).toBe(0)
  })

  test('is left alone when the user has set it', async () => {
    const host = await startApp({}, '', { env: { [setting]: '1000000' } })
    expect(readFirstEnv(host.pid)).toContain(`${setting}=1000000`)
    expect(await readEnv(host, setting)).toEqual(['1000000'])
  })
})

test('without keys and on this machine alone, pages of other sites change nothing, unless CORS admits them', async () => {
  const send = async (host: SpawnedHost, method: string, site: string, origin = 'https://evil.example') => {
    const headers = { origin, 'sec-fetch-site': site, 'content-length': '0' }
    return (
      await sendRaw(host.url, {
        method,
        path: '/runtime/webhooks/durabletask/instances/x/terminate',
        headers,
      })
    ).status
  }
  const plain = await startApp(hostJson({}))
  expect(await send(plain, 'POST', 'cross-site')).toBe(403)
  expect(await send(plain, 'POST', 'same-site')).not.toBe(403)
  expect(await send(plain, 'GET', 'cross-site')).not.toBe(403)
  const known = await startApp(hostJson({}), '', { args: ['--cors', 'https://mine.example'] })
  expect(await send(known, 'POST', 'cross-site', 'https://mine.example')).not.toBe(403)
  expect(await send(known, 'POST', 'cross-site')).toBe(403)
  const keyed = await startApp(hostJson({}), '', { args: ['--enable-auth'] })
  expect(await send(keyed, 'POST', 'cross-site')).toBe(401)
})

test('without keys and on this machine alone, it answers no request to a name that pages may have', async () => {
  const send = async (host: SpawnedHost, name: string) => {
    const paths = ['/api/env?names=X', '/admin/functions', '/']
    const asked = paths.map((path) => sendRaw(host.url, { method: 'GET', path, headers: { host: name } }))
    return (await Promise.all(asked)).map(({ status }) => status)
  }
  const local = await startApp(hostJson({}))
  expect(await send(local, 'evil.example')).toEqual([403, 403, 403])
  expect(await send(local, 'my-machine')).toEqual([200, 200, 200])
  const open = await startApp(hostJson({}), '', { args: ['--address', '0.0.0.0'] })
  expect(await send(open, 'my-machine.example')).toEqual([200, 200, 200])
  const keyed = await startApp(hostJson({}), '', { args: ['--enable-auth'] })
  expect(await send(keyed, 'my-tunnel.example')).toEqual([200, 401, 200])
})
