import { afterAll, describe, expect, test } from 'vitest'
import { startAzurite, toConnectionString } from '../support/azurite.js'
import { hasRedisServer, startRedisServer } from '../support/redis-server.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { startTcpGate, type TcpGate } from '../support/tcp-gate.js'

interface Store {
  readonly port: number
  stop(): Promise<void>
}

interface StoreKind {
  readonly name: string
  readonly isSkipped: boolean
  start(): Promise<Store>
  /** The app's setting for a store behind that port. */
  toEnv(port: number): Readonly<Record<string, string>>
  /** How problems name it. */
  readonly problem: RegExp
}

const hasNoRedis = !hasRedisServer() && process.env.CI === undefined
if (hasNoRedis)
  process.stdout.write('Failures of Redis are not tried: there is no redis-server on the PATH.\n')

const kinds: readonly StoreKind[] = [
  {
    name: 'Azure Blob',
    isSkipped: false,
    start: startAzurite,
    toEnv: (port) => ({ E2E_BLOB_CONNECTION: toConnectionString(port) }),
    problem: /run log in the storage account at 127\.0\.0\.1:\d+ cannot be used .*Azurite/,
  },
  {
    name: 'Redis',
    isSkipped: hasNoRedis,
    start: startRedisServer,
    toEnv: (port) => ({ E2E_REDIS_URL: `redis://127.0.0.1:${port}` }),
    problem: /run log in Redis at 127\.0\.0\.1:\d+ cannot be used .*network/,
  },
]

interface DeepHealth {
  readonly status: string
  readonly checks: { readonly run_log: { readonly status: string; readonly detail?: string } }
}

describe.each(kinds.filter(({ isSkipped }) => !isSkipped))('a run log in $name', async (kind) => {
  const bed = new TestBed()
  const store = await kind.start()
  const gate: TcpGate = await startTcpGate(store.port)
  gate.shut()
  const scene = await RunScene.set(bed, { env: kind.toEnv(gate.port) })
  afterAll(async () => {
    await bed.end()
    await gate.stop()
    await store.stop()
  })

  async function readDeepHealth() {
    const { status: httpStatus, body } = await scene.api.call<DeepHealth>('/health?deep=true')
    return { httpStatus, ...body }
  }

  test('that cannot be reached at the start: 503 that names it, and no secret', async () => {
    for (const waitForResponse of [true, false]) {
      const { status, body } = await scene.api.run({ message: 'lost', sessionId: 'talk', waitForResponse })
      expect([status, body.code]).toEqual([503, 'store_unavailable'])
      expect(body.detail).toMatch(kind.problem)
    }
    expect((await scene.api.state('talk')).status).toBe(503)
    expect(await readDeepHealth()).toMatchObject({
      httpStatus: 503,
      checks: { run_log: { status: 'unhealthy', detail: expect.stringMatching(kind.problem) } },
    })
    expect((await scene.api.call('/health')).status).toBe(200)
    expect(scene.host.output()).not.toMatch(/Eby8vdM/)
  })

  test('that can be reached again serves at once, and nothing of what was refused is there', async () => {
    gate.open()
    const { status, body } = await scene.api.run({ message: 'after', sessionId: 'talk' })
    expect([status, body.message_count]).toEqual([200, 1])
    expect((await readDeepHealth()).status).toBe('healthy')
    expect(scene.model.stats().byKey).not.toHaveProperty('lost')
  })

  test('that is cut off in the middle of a run: the run goes on when it is back, by itself, and repeats no recorded step', async () => {
    const message = scene.book.add('Work', callTools(call('work', { id: 'a', gate: 'a' })))
    const request = { message, sessionId: 'busy', correlationId: 'r' }
    const waiting = scene.api.run(request)
    await scene.waitForWork('a')
    gate.shut()
    expect((await waiting).body).toMatchObject({ code: 'store_unavailable' })
    await scene.openGate('a')
    await scene.host.waitForOutput(/session busy, run [\w-]+: The run log .* cannot be used/, 20_000)
    gate.open()
    const { status, body } = await scene.api.run(request)
    expect([status, body.response, body.message_count]).toEqual([200, 'Tools: a by work', 1])
    expect(scene.model.stats().byKey.Work).toBe(2)
    expect(await scene.effectsOf('a')).toEqual(['start work 1', 'end work 1'])
    const events = await (await scene.api.events('busy', 'r')).end()
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  })
})

test.skipIf(hasNoRedis)('a Redis that would drop runs is told of, to callers and in the log', async () => {
  const bed = new TestBed()
  const store = await startRedisServer({
    args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
  })
  try {
    const scene = await RunScene.set(bed, { env: { E2E_REDIS_URL: store.url } })
    const advice = /maxmemory-policy allkeys-lru.*Set maxmemory-policy to noeviction/
    const { status, body } = await scene.api.run({ message: 'dropped', sessionId: 's' })
    expect([status, body.code]).toEqual([500, 'invalid_configuration'])
    expect(body.detail).toMatch(advice)
    await scene.host.waitForOutput(advice)
    const health = await scene.api.call<DeepHealth>('/health?deep=true')
    expect([health.status, health.body.checks.run_log.detail]).toEqual([503, body.detail])
  } finally {
    await bed.end()
    await store.stop()
  }
})
