import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createClient, createCluster } from 'redis'
import { afterAll, describe, expect, test } from 'vitest'
import type { RedisClient } from '../../../src/log/redis/connection.js'
import { RedisRunLog, type RedisRunLogOptions } from '../../../src/log/redis/redis-run-log.js'
import { redisScripts } from '../../../src/log/redis/scripts.js'
import type { RunKey, SessionSummary } from '../../../src/run/run-log.js'
import { VirtualClock } from '../../../src/testing/index.js'
import { describeRunLog } from '../../contract/run-log-contract.js'
import { compareWithMemory } from '../../contract/run-log-model.js'
import { completed, request, started } from '../../run/event-samples.js'
import { findFreePort } from '../../support/free-port.js'
import {
  hasRedisServer,
  type RedisServer,
  startRedisCluster,
  startRedisServer,
} from '../../support/redis-server.js'
import { startTcpGate } from '../../support/tcp-gate.js'

const isSkipped = !hasRedisServer() && process.env.CI === undefined
if (isSkipped) process.stdout.write('Redis is not tested: there is no redis-server on the PATH.\n')

let sessions = 0
function createKey(): RunKey {
  sessions += 1
  return { agent: 'Redis', session: `redis-${sessions}`, run: 'r' }
}

describe.skipIf(isSkipped)('on a server', async () => {
  if (isSkipped) return
  const servers: RedisServer[] = []
  const start = async (args: readonly string[] = [], port?: number): Promise<RedisServer> => {
    const server = await startRedisServer({ args, port })
    servers.push(server)
    return server
  }
  const server = await start()
  const shared = await createClient({ url: server.url }).connect()
  const logs: RedisRunLog[] = []
  afterAll(async () => {
    for (const log of logs) await log.close()
    shared.destroy()
    for (const one of servers) await one.stop()
  })
  const open = (options: RedisRunLogOptions = { url: server.url }): RedisRunLog => {
    const log = new RedisRunLog(options)
    logs.push(log)
    return log
  }

  describeRunLog('Redis', async () => open())
  compareWithMemory('Redis', (clock) => open({ url: server.url, prefix: 'compared', clock }))
  describeRunLog('Redis with a client of the app', async () => open({ client: shared, prefix: 'other' }))

  describe('that is a cluster', async () => {
    const node = await startRedisCluster()
    servers.push(node)
    const cluster = createCluster({ rootNodes: [{ url: node.url }] })
    afterAll(() => cluster.destroy())
    describeRunLog('Redis cluster', async () => open({ client: cluster }))
  })

  test('a client that was given stays open', async () => {
    const log = new RedisRunLog({ client: shared })
    await log.probe()
    await log.close()
    expect(await shared.ping()).toBe('PONG')
  })

  test('all keys of a session share a hash tag', async () => {
    const key = { agent: 'Tag', session: '{odd}/session', run: '}r{' }
    const log = open()
    await log.create(key, request())
    await log.control(key, { type: 'cancel', reason: 'x' })
    await log.append(key, 1, [started(1), completed('x')])
    const keys = (await shared.keys('*')).filter((name) => name.includes('odd'))
    expect(keys.length).toBeGreaterThan(4)
    for (const name of keys) expect(name).toMatch(/^durable-agents:\{Tag\/~7bodd~7d~2fsession\}:/)
  })

  test('a run whose end is not listed everywhere is put right by who looks for runs that stand still', async () => {
    const key = createKey()
    const log = open()
    await log.create(key, request())
    await log.append(key, 1, [started(1), completed('x')])
    const member = JSON.stringify([key.agent, key.session, key.run])
    await shared.zRem('durable-agents:ended', member)
    await shared.zAdd('durable-agents:open', { score: 1, value: member })
    const future = Date.now() + 60_000
    const stalled = await log.stalled({ before: future, now: future, limit: 1000 })
    expect(stalled.some(({ session }) => session === key.session)).toBe(false)
    expect(await shared.zScore('durable-agents:open', member)).toBeNull()
    expect(await shared.zScore('durable-agents:ended', member)).not.toBeNull()
  })

  test('a stranger who names a run of the session changes nothing', async () => {
    const key = createKey()
    const log = open()
    await log.create(key, request('x', 'ann'))
    expect(await log.create(key, request('x', 'bob'))).toEqual({ outcome: 'foreign' })
    const stalled = await log.stalled({ before: Date.now() + 60_000, now: 0, limit: 1000 })
    expect(
      stalled.filter(({ agent, session }) => agent === key.agent && session === key.session),
    ).toHaveLength(1)
  })

  test('a run that has the name of one that was deleted while it ended is not deleted for it', async () => {
    const key = createKey()
    const log = open()
    const value = JSON.stringify([key.agent, key.session, key.run])
    await log.create(key, request())
    await shared.zAdd('durable-agents:ended', { score: 1, value })
    await log.deleteEndedBefore(Date.now(), 1000)
    expect(await log.append(key, 1, [started(1), completed('x')])).toBe(3)
    await shared.zAdd('durable-agents:ended', { score: 1, value })
    await log.deleteEndedBefore(Date.now() - 60_000, 1000)
    expect(await log.read(key)).toHaveLength(3)
    expect(await shared.zScore('durable-agents:ended', value)).toBeNull()
  })

  /** A client of the server that has `intervene` come before or after a script, whichever it wants. */
  function openClient(
    intervene: (sha: string, run: () => Promise<unknown>) => Promise<unknown>,
  ): RedisClient {
    const nothing = async () => undefined
    const client: RedisClient = {
      isOpen: true,
      connect: nothing,
      duplicate: () => client,
      destroy: () => undefined,
      eval: (script, call) => shared.eval(script, call),
      evalSha: (sha, call) => intervene(sha, () => shared.evalSha(sha, call)),
      subscribe: nothing,
      unsubscribe: nothing,
      on: () => undefined,
    }
    return client
  }

  test('a run that is made anew while its session is deleted is found', async () => {
    const key = createKey()
    const log = open()
    await log.create(key, request())
    let isAnew = false
    const client = openClient(async (sha, run) => {
      if (!isAnew && sha === redisScripts.remove.sha) {
        isAnew = true
        await log.create(key, request('anew'))
      }
      return run()
    })
    await open({ client }).deleteSession(key, Date.now() + 1)
    expect(isAnew).toBe(true)
    const stalled = await log.stalled({ before: Date.now() + 60_000, now: 0, limit: 1000 })
    expect(stalled).toContainEqual(key)
    const listed = await log.sessions(key.agent, { owner: undefined, limit: 1000 })
    expect(listed.map(({ session }) => session)).toContain(key.session)
    expect(await log.idleSessions(key.agent, Date.now() + 60_000, 1000)).toContainEqual({
      agent: key.agent,
      session: key.session,
    })
  })

  test('what was done although its answer was lost is not done again, and is no other caller’s', async () => {
    const key = createKey()
    const lost = new Set<string>()
    const client = openClient(async (sha, run) => {
      const reply = await run()
      if (lost.has(sha)) return reply
      lost.add(sha)
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    })
    const log = open({ client })
    expect(await log.create(key, request())).toEqual({ outcome: 'created' })
    expect(await log.append(key, 1, [started(1)])).toBe(2)
    expect(await log.control(key, { type: 'cancel', reason: 'x' })).toBe(true)
    expect(await log.read(key)).toHaveLength(2)
    expect(await log.controls(key)).toHaveLength(1)
    for (const { sha } of [redisScripts.create, redisScripts.append, redisScripts.control])
      expect(lost).toContain(sha)
  })

  test('a run whose creation was cut off before it was listed is listed when it is asked for again', async () => {
    const key = createKey()
    const client = openClient(async (sha, run) => {
      if (sha === redisScripts.add.sha) throw new Error('ERR cut off')
      return run()
    })
    await expect(open({ client }).create(key, request())).rejects.toThrow('(ERR)')
    const log = open()
    const isListed = async () => {
      const { agent, session } = key
      const stalled = await log.stalled({ before: Date.now() + 60_000, now: 0, limit: 1000 })
      const idle = await log.idleSessions(agent, Date.now() + 60_000, 1000)
      return [stalled.some((one) => one.session === session), idle.some((one) => one.session === session)]
    }
    expect(await isListed()).toEqual([false, false])
    expect(await log.create(key, request())).toMatchObject({ outcome: 'exists' })
    expect(await isListed()).toEqual([true, true])
  })

  test('nothing is subscribed to any more once nobody follows', async () => {
    const key = createKey()
    const log = open()
    await log.create(key, request())
    const countChannels = async () => (await shared.pubSubChannels(`*${key.session}*`)).length
    const stop = new AbortController()
    const following = Array.from({ length: 3 }, () => log.follow(key, 0, stop.signal)[Symbol.asyncIterator]())
    const ends = Promise.all(following.map((one) => one.next()))
    await expect.poll(countChannels).toBe(1)
    stop.abort()
    expect(await ends).toMatchObject([{ done: true }, { done: true }, { done: true }])
    await expect.poll(countChannels).toBe(0)
  })

  test('a run that went without a trace is listed no longer after a while', async () => {
    const member = JSON.stringify(['Redis', 'never', 'r'])
    await shared.zAdd('durable-agents:open', { score: 1, value: member })
    const found = await open().stalled({ before: 0, now: Date.now(), limit: 1000 })
    expect(found.some(({ session }) => session === 'never')).toBe(false)
    expect(await shared.zScore('durable-agents:open', member)).toBeNull()
  })

  describe("pages through an agent's sessions", () => {
    const log = open({ url: server.url, clock: new VirtualClock() })
    const pageThrough = async (agent: string, owner?: string): Promise<readonly string[]> => {
      const names: string[] = []
      let before: SessionSummary | undefined
      do {
        ;[before] = await log.sessions(agent, { owner, limit: 1, before })
        if (before !== undefined) names.push(before.session)
      } while (before !== undefined && names.length < 10)
      return names
    }

    test('past lines of sessions that are gone, or are somebody else’s by now', async () => {
      const agent = 'Gone'
      const list = `durable-agents:sessions:${agent}:of:ann`
      for (const session of ['s1', 's2', 's3'])
        await log.create({ agent, session, run: 'r' }, request('x', session === 's2' ? 'bob' : 'ann'))
      for (const value of ['gone-1', 's2', 'gone-2'])
        await shared.zAdd(list, { score: Number.MIN_SAFE_INTEGER, value })
      const { length } = await log.sessions(agent, { owner: 'ann', limit: 2 })
      expect(length).toBe(2)
      expect(await pageThrough(agent, 'ann')).toEqual(['s1', 's3'])
      await shared.zAdd(`durable-agents:active:${agent}`, { score: 1, value: 'gone-1' })
      expect(await log.idleSessions(agent, Number.MAX_SAFE_INTEGER, 3)).toHaveLength(3)
      expect(await log.idleSessions(agent, 2, 3)).toEqual([])
    })

    test('when two runs of one ended at once, and the earlier end was listed last', async () => {
      const agent = 'Twice'
      await log.create({ agent, session: 's1', run: 'r' }, request())
      const list = `durable-agents:sessions:${agent}:nobody`
      await shared.zIncrBy(list, 5, 's1')
      expect(await pageThrough(agent)).toEqual(['s1'])
    })

    test('whatever they are called', async () => {
      const agent = 'Called'
      const names = ['Z', '"a', '～', '🏠', 'a']
      for (const session of names) await log.create({ agent, session, run: 'r' }, request())
      expect((await pageThrough(agent)).toSorted()).toEqual(names.toSorted())
    })
  })

  test('ended runs go when their time is over, and leave no lines in the index', async () => {
    const key = createKey()
    const log = open({ url: server.url, endedTtlMs: 200 })
    await log.create(key, request(), [{ digest: 'd', content: 'data:,x' }])
    await log.append(key, 1, [started(1), completed('x')])
    // Late, and yet it goes with the run.
    await log.control(key, { type: 'cancel', reason: 'x' })
    await log.create({ ...key, run: 'open' }, request())
    await expect.poll(() => log.read(key)).toEqual([])
    await expect.poll(() => log.readAttachment(key, 'd')).toBeUndefined()
    expect((await log.runsAfter(key, 0)).map(({ run }) => run)).toEqual(['open'])
    expect(await log.controls(key)).toEqual([])
    expect(await log.append({ ...key, run: 'open' }, 1, [started(1, 2), completed('x')])).toBe(3)
    const lines = (await shared.zRange('durable-agents:ended', 0, -1)).filter((one) =>
      one.includes(key.session),
    )
    expect(lines).toEqual([JSON.stringify([key.agent, key.session, 'open'])])
  })

  test('followers are told by the server, long before they would look by themselves', async () => {
    const key = createKey()
    const [log, other] = [open(), open({ url: server.url, pollIntervalMs: 60_000 })]
    await log.create(key, request())
    const following = other.follow(key, 0, new AbortController().signal)
    const seen: number[] = []
    const reading = (async () => {
      for await (const events of following) seen.push(...events.map(({ id }) => id))
    })()
    for (const id of [1, 2, 3]) {
      await log.append(key, id, [started(id)])
      // Only then does it wait for the next one.
      await expect.poll(() => seen).toContain(id)
    }
    await log.append(key, 4, [completed('x')])
    await reading
    expect(seen).toEqual([1, 2, 3, 4])
  })

  test('of many executors one writes each event', async () => {
    const key = createKey()
    const executors = Array.from({ length: 4 }, () => open())
    await executors[0]?.create(key, request())
    for (let id = 1; id < 20; id += 1) {
      const results = await Promise.allSettled(executors.map((log) => log.append(key, id, [started(id)])))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
  })

  test('a server that takes no writes says so', async () => {
    const full = await start(['--maxmemory', '100kb'])
    const log = open({ url: full.url })
    await expect(log.probe()).rejects.toMatchObject({ code: 'store_unavailable', retryable: true })
    await expect(log.probe()).rejects.toThrow(/\(OOM\)\. It takes no writes/)
  })

  describe('whose memory is limited', async () => {
    const limited = await start(['--maxmemory', '100mb', '--acllog-max-len', '10'])
    const admin = await createClient({ url: limited.url }).connect()
    afterAll(() => admin.destroy())
    const lasting = open({ url: limited.url })
    const expiring = open({ url: limited.url, endedTtlMs: 60_000 })
    const evict = (policy: string) => admin.configSet('maxmemory-policy', policy)

    test.each([
      ['allkeys-lru', lasting, 'Set maxmemory-policy to noeviction.'],
      ['allkeys-random', expiring, 'Set maxmemory-policy to noeviction.'],
      ['volatile-lru', expiring, 'noeviction, or leave out endedTtlMs.'],
    ])('is refused when it would drop runs: %s', async (policy, log, advice) => {
      await evict(policy)
      const key = createKey()
      const refused = { code: 'invalid_configuration', message: expect.stringContaining(advice) }
      await expect(log.create(key, request())).rejects.toMatchObject(refused)
      await expect(log.probe()).rejects.toMatchObject(refused)
      expect(await log.session(key)).toBeUndefined()
    })

    test.each([
      ['noeviction', lasting],
      ['noeviction', expiring],
      ['volatile-lru', lasting],
    ])('is taken when it would not: %s', async (policy, log) => {
      await evict(policy)
      expect(await log.create(createKey(), request())).toEqual({ outcome: 'created' })
      await log.probe()
    })

    test('and is so no longer drops nothing, whatever its policy', async () => {
      await evict('allkeys-lru')
      await admin.configSet('maxmemory', '0')
      expect(await lasting.create(createKey(), request())).toEqual({ outcome: 'created' })
      await lasting.probe()
      await admin.configSet('maxmemory', '100mb')
    })

    test('goes on with the runs that it has when it comes to drop some', async () => {
      await evict('noeviction')
      const key = createKey()
      await lasting.create(key, request())
      await evict('allkeys-lru')
      expect(await lasting.create(key, request())).toMatchObject({ outcome: 'exists' })
      expect(await lasting.create({ ...key, run: 'r/call' }, request())).toEqual({ outcome: 'created' })
      expect(await lasting.append(key, 1, [started(1), completed('x')])).toBe(3)
    })

    test('is taken when it does not tell whether it would, and takes no offence at the question', async () => {
      await evict('allkeys-lru')
      await admin.sendCommand(['ACL', 'SETUSER', 'ann', 'ON', '>x', '~*', '&*', '+@all', '-@dangerous'])
      const log = open({ url: `redis://ann:x@127.0.0.1:${limited.port}` })
      expect(await log.create(createKey(), request())).toEqual({ outcome: 'created' })
      await log.probe()
      expect(await admin.aclLog()).toEqual([])
    })

    test('is taken when it does not know the question', async () => {
      const limit = ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']
      const mute = await start([...limit, '--rename-command', 'INFO', ''])
      const log = open({ url: mute.url })
      expect(await log.create(createKey(), request())).toEqual({ outcome: 'created' })
      await log.probe()
    })
  })

  test('what a connection that breaks cuts off is done again, once', async () => {
    const key = createKey()
    const log = open({ url: server.url, prefix: 'broken' })
    await log.create(key, request())
    const appending = Promise.all([
      log.append(key, 1, [started(1)]),
      shared.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']),
    ])
    expect((await appending)[0]).toBe(2)
    expect(await log.append(key, 2, [completed('x')])).toBe(3)
    expect(await log.read(key)).toHaveLength(3)
  })

  test('a follower goes on after the server was away', async () => {
    const own = await start()
    const key = createKey()
    const log = open({ url: own.url, pollIntervalMs: 50 })
    await log.create(key, request())
    const following = log.follow(key, 0, new AbortController().signal)[Symbol.asyncIterator]()
    const next = following.next()
    await log.append(key, 1, [started(1)])
    expect((await next).value).toMatchObject([{ id: 1 }])
    await own.stop()
    await start([], own.port)
    await expect(log.append(key, 2, [started(2)])).rejects.toMatchObject({ code: 'fenced' })
    expect(await following.next()).toMatchObject({ done: true })
  })

  test('a connection that breaks without a word is given up for another one', async () => {
    const gate = await startTcpGate(server.port)
    const key = createKey()
    const log = open({ url: `redis://127.0.0.1:${gate.port}`, callTimeoutMs: 500, pollIntervalMs: 50 })
    await log.create(key, request())
    const following = log.follow(key, 0, new AbortController().signal)[Symbol.asyncIterator]()
    const next = following.next()
    gate.silence()
    expect(await log.append(key, 1, [started(1)])).toBe(2)
    expect((await next).value).toMatchObject([{ id: 1 }])
    expect(await log.append(key, 2, [completed('x')])).toBe(3)
    expect((await following.next()).value).toMatchObject([{ id: 2 }])
    await log.close()
    await gate.stop()
  })

  test('a server that became a replica is given up for the one that its address leads to now', async () => {
    const [first, second] = [await start(), await start()]
    const gate = await startTcpGate(first.port)
    const key = createKey()
    const log = open({ url: `redis://127.0.0.1:${gate.port}`, pollIntervalMs: 20 })
    await log.create(key, request())
    const replicate = async (server: RedisServer, master: RedisServer) => {
      const client = await createClient({ url: server.url }).connect()
      await client.sendCommand(['REPLICAOF', '127.0.0.1', String(master.port)])
      await expect.poll(() => client.info('replication')).toMatch(/master_link_status:up/)
      return client
    }
    const replica = await replicate(second, first)
    await replica.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    gate.redirect(second.port)
    const demoted = await replicate(first, second)
    expect(await log.append(key, 1, [started(1)])).toBe(2)
    expect(await log.append(key, 2, [completed('x')])).toBe(3)
    for (const client of [replica, demoted]) client.destroy()
    await log.close()
    await gate.stop()
  })

  test('a server that never answers is told', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const log = new RedisRunLog({ url: `redis://127.0.0.1:${port}`, callTimeoutMs: 100 })
    const probing = log.probe()
    await expect(probing).rejects.toMatchObject({ code: 'store_unavailable', retryable: true })
    await expect(probing).rejects.toThrow(/no answer in time/)
    await log.close()
    silent.close()
    await once(silent, 'close')
  })

  test('a wrong password is told, not repeated', async () => {
    const closed = await start(['--requirepass', 'right-secret'])
    for (const user of ['', 'ann:wrong-secret@', ':wrong-secret@']) {
      const log = open({ url: `redis://${user}127.0.0.1:${closed.port}` })
      const error = await log.probe().catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'store_unavailable', retryable: false })
      expect(String(error)).toMatch(/(NOAUTH|WRONGPASS)\)\. Check the user name/)
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret')
    }
  })
})

test('a server that is not there is told', async () => {
  const log = new RedisRunLog({ url: `redis://ann:secret@127.0.0.1:${await findFreePort()}` })
  const error = await log.probe().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'store_unavailable', retryable: true })
  expect(String(error)).toMatch(/at 127\.0\.0\.1:\d+ cannot be used \(ECONNREFUSED\)/)
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret')
  await log.close()
})

test('refuses an address that is none of Redis without repeating it', () => {
  for (const url of ['http://secret', 'secret', '']) {
    expect(() => new RedisRunLog({ url })).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.not.stringContaining('secret'),
      }),
    )
  }
})
