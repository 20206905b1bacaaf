import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import {
  AzureBlobRunLog,
  type AzureBlobRunLogOptions,
} from '../../../src/log/azure-blob/azure-blob-run-log.js'
import type { RunKey } from '../../../src/run/run-log.js'
import { describeRunLog } from '../../contract/run-log-contract.js'
import { compareWithMemory } from '../../contract/run-log-model.js'
import { answer, completed, request, started } from '../../run/event-samples.js'
import { startAzurite, toConnectionString } from '../../support/azurite.js'
import { startFaultProxy } from '../../support/fault-proxy.js'
import { findFreePort } from '../../support/free-port.js'
import { createGate } from '../../support/gate.js'

const azurite = await startAzurite()
const proxy = await startFaultProxy(azurite.port)
const logs: AzureBlobRunLog[] = []
afterAll(async () => {
  for (const log of logs) await log.close()
  await proxy.stop()
  await azurite.stop()
})
beforeEach(() => {
  proxy.decide = () => 'answered'
  proxy.hold = async () => {}
})

function open(options: Partial<AzureBlobRunLogOptions> = {}): AzureBlobRunLog {
  const log = new AzureBlobRunLog({
    connectionString: azurite.connectionString,
    pollIntervalMs: 20,
    controlPollIntervalMs: 20,
    ...options,
  } as AzureBlobRunLogOptions)
  logs.push(log)
  return log
}

/** A log whose requests go through the proxy. */
function openFaulty(): AzureBlobRunLog {
  return open({ connectionString: toConnectionString(proxy.port) })
}

let sessions = 0
function createKey(): RunKey {
  sessions += 1
  return { agent: 'Blob', session: `s${sessions}`, run: 'r' }
}

/** Loses the answer of the next request of this kind. */
function loseNextAnswer(kind: string): void {
  let isLost = false
  proxy.decide = (call) => {
    if (isLost || !call.startsWith(kind)) return 'answered'
    isLost = true
    return 'answer lost'
  }
}

/** From the next request of this kind on nothing arrives any more: the process is as good as dead. */
function dieAt(kind: string): void {
  let isDead = false
  proxy.decide = (call) => {
    isDead ||= call.startsWith(kind)
    return isDead ? 'dropped' : 'answered'
  }
}

describeRunLog('Azure Blob', async () => open())
const shortSegments = { maxSegmentBlocks: 1, container: 'short-segments' }
describeRunLog('Azure Blob, one append per segment', async () => open(shortSegments))
// The emulator takes 20 ms for a call.
compareWithMemory('Azure Blob', (clock) => open({ clock, container: 'compared' }), 40)
compareWithMemory('Azure Blob, one append per segment', (clock) => open({ ...shortSegments, clock }), 40)

describe('calls', () => {
  async function countCalls(work: () => Promise<unknown>): Promise<readonly string[]> {
    proxy.calls.length = 0
    await work()
    return [...proxy.calls]
  }

  test('a run costs as many calls as are written down', async () => {
    const log = openFaulty()
    const key = createKey()
    await log.probe()
    expect(await countCalls(() => log.create(key, request()))).toEqual([
      'HEAD blob sessions',
      'PUT blob sessions',
      'PUT blob runs',
      'PUT appendblock runs',
      'PUT metadata sessions',
      'PUT blob open',
    ])
    expect(await countCalls(() => log.create({ ...key, run: 'r2' }, request()))).toEqual([
      'HEAD blob sessions',
      'PUT blob runs',
      'PUT appendblock runs',
      'PUT metadata sessions',
      'PUT blob open',
    ])
    expect(await countCalls(() => log.append(key, 1, [started(1)]))).toEqual(['PUT appendblock runs'])
    expect(await countCalls(() => log.append(key, 2, [answer(0, 'a')]))).toEqual(['PUT appendblock runs'])
    const end = await countCalls(() => log.append(key, 3, [completed('a')]))
    expect(end.slice(0, 4).toSorted()).toEqual([
      'HEAD blob sessions',
      'PUT appendblock runs',
      'PUT blob ended',
      'PUT blob retired',
    ])
    expect(end.slice(4).toSorted()).toEqual(['DELETE blob open', 'PUT metadata sessions'])
    expect(await countCalls(() => log.runsAfter(key, 0))).toEqual([
      'GET list open',
      'GET blob runs',
      'GET list ended',
    ])
  })

  test('looking for runs that stand still is one call when none is open', async () => {
    const log = open({ connectionString: toConnectionString(proxy.port), container: 'nothing-open' })
    await log.probe()
    const query = { before: Date.now(), now: Date.now(), limit: 10 }
    expect(await countCalls(() => log.stalled(query))).toEqual(['GET list open'])
    expect(await countCalls(() => log.deleteEndedBefore(Date.now(), 10))).toEqual(['GET list retired'])
  })

  test('whoever follows where the run is executed asks once, then not again while it goes on', async () => {
    const log = open({ connectionString: toConnectionString(proxy.port), pollIntervalMs: 10_000 })
    const key = createKey()
    await log.create(key, request())
    const stop = new AbortController()
    const following = log.follow(key, -1, stop.signal)[Symbol.asyncIterator]()
    await following.next()
    const calls = await countCalls(async () => {
      for (let id = 1; id < 6; id += 1) {
        const next = following.next()
        await log.append(key, id, [started(id)])
        expect((await next).value).toMatchObject([{ id }])
      }
    })
    expect(calls).toEqual(Array.from({ length: 5 }, () => 'PUT appendblock runs'))
    stop.abort()
  })
})

test('a very long log is read and followed', async () => {
  const key = createKey()
  const [log, other] = [open(), open()]
  await log.create(key, request())
  const delta = { type: 'message.delta', data: { step: 0, text: 'x' } } as const
  const next = await log.append(key, 1, Array(200_000).fill(delta))
  const following = other.follow(key, -1, new AbortController().signal)[Symbol.asyncIterator]()
  expect((await following.next()).value).toHaveLength(next)
  expect(await log.read(key)).toHaveLength(next)
  await following.return?.()
})

test('a clock that is set back does not keep followers waiting', async () => {
  const key = createKey()
  const [log, other] = [open(), open({ pollIntervalMs: 20 })]
  await log.create(key, request())
  const following = other.follow(key, -1, new AbortController().signal)[Symbol.asyncIterator]()
  await following.next()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 600_000 })
  try {
    await log.append(key, 1, [started(1), completed('x')])
    expect((await following.next()).value).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})

describe('answers that are lost', () => {
  test.each(['PUT blob sessions', 'PUT blob runs', 'PUT appendblock', 'PUT blob open', 'PUT metadata'])(
    'a creation whose %s is carried out twice creates once',
    async (kind) => {
      const log = openFaulty()
      const key = createKey()
      await log.probe()
      loseNextAnswer(kind)
      expect(await log.create(key, request('x', 'ann'))).toEqual({ outcome: 'created' })
      expect(await open().read(key)).toHaveLength(1)
      expect((await open().runsAfter(key, 0)).map(({ run }) => run)).toEqual(['r'])
    },
  )

  test('an append that landed is known as ours, and the run goes on', async () => {
    const log = openFaulty()
    const key = createKey()
    await log.create(key, request())
    loseNextAnswer('PUT appendblock')
    expect(await log.append(key, 1, [started(1)])).toBe(2)
    expect(await log.append(key, 2, [answer(0, 'a')])).toBe(3)
    expect(await open().read(key)).toHaveLength(3)
  })

  test('an append that came too late is refused, even if what is there says the same', async () => {
    const key = createKey()
    const log = openFaulty()
    await log.create(key, request())
    const other = open()
    proxy.decide = (call) => (call.startsWith('PUT appendblock') ? 'dropped' : 'answered')
    const late = log.append(key, 1, [started(1)])
    await other.append(key, 1, [started(1)])
    proxy.decide = () => 'answered'
    await expect(late).rejects.toMatchObject({ code: 'fenced' })
    expect(await other.read(key)).toHaveLength(2)
  })

  test('a wish that landed is known as ours', async () => {
    const log = openFaulty()
    const key = createKey()
    await log.create(key, request())
    loseNextAnswer('PUT blob runs')
    expect(await log.control(key, { type: 'cancel', reason: 'x' })).toBe(true)
    expect(await open().control(key, { type: 'cancel', reason: 'x' })).toBe(false)
    expect(await log.controls(key)).toHaveLength(1)
  })

  test('the end of a run whose entries were written twice is an end', async () => {
    const log = openFaulty()
    const key = createKey()
    await log.create(key, request())
    for (const kind of ['PUT blob ended', 'DELETE blob open']) {
      loseNextAnswer(kind)
      if (kind === 'PUT blob ended') await log.append(key, 1, [started(1), completed('a')])
    }
    expect((await open().runsUpTo(key, 9, 9)).map(({ turn }) => turn)).toEqual([1])
  })
})

describe('connections that break without a word', () => {
  const openImpatient = () =>
    open({ connectionString: toConnectionString(proxy.port), requestTimeoutMs: 500, container: 'silent' })

  test.each(['PUT blob runs', 'PUT appendblock', 'PUT metadata', 'GET blob runs', 'GET list open'])(
    'a run goes on although a %s is never answered',
    async (kind) => {
      const key = createKey()
      const log = openImpatient()
      let isSilent = false
      proxy.hold = (call) => {
        if (isSilent || !call.startsWith(kind)) return Promise.resolve()
        isSilent = true
        return new Promise(() => {})
      }
      expect(await log.create(key, request())).toEqual({ outcome: 'created' })
      expect(await log.append(key, 1, [started(1)])).toBe(2)
      expect(await log.read(key)).toHaveLength(2)
      expect(await log.runsAfter(key, 0)).toHaveLength(1)
      expect(isSilent).toBe(true)
    },
  )

  test('a service that never answers is told', async () => {
    proxy.hold = () => new Promise(() => {})
    const probing = openImpatient().probe()
    await expect(probing).rejects.toMatchObject({ code: 'store_unavailable', retryable: true })
    await expect(probing).rejects.toThrow(/no answer in time/)
  })
})

describe('crashes between two writes', () => {
  test.each(['PUT blob sessions', 'PUT blob runs', 'PUT appendblock', 'PUT blob open', 'PUT metadata'])(
    'a creation that ends before %s is not acknowledged, and repeating it creates the run',
    async (kind) => {
      const key = createKey()
      const log = openFaulty()
      await log.probe()
      dieAt(kind)
      await expect(log.create(key, request('x', 'ann'))).rejects.toMatchObject({ code: 'store_unavailable' })
      const later = open()
      const { outcome } = await later.create(key, request('x', 'ann'))
      expect(['created', 'exists']).toContain(outcome)
      expect((await later.runsAfter(key, 0)).map(({ run }) => run)).toEqual(['r'])
      expect(await later.session(key)).toMatchObject({ owner: 'ann' })
      expect(await later.append(key, 1, [started(1), completed('a')])).toBe(3)
    },
  )

  test.each(['PUT blob ended', 'PUT blob retired', 'DELETE blob open', 'HEAD blob sessions'])(
    'a run whose end is written, but not all of its entries from %s on, has ended for whoever looks',
    async (kind) => {
      const key = createKey()
      const log = openFaulty()
      await log.create(key, request())
      await log.append(key, 1, [started(1, 7)])
      dieAt(kind)
      expect(await log.append(key, 2, [completed('a')])).toBe(3)
      const later = open()
      const future = Date.now() + 60_000
      const stalled = await later.stalled({ before: future, now: future, limit: 1000 })
      expect(stalled.filter(({ session }) => session === key.session)).toEqual([])
      expect(await later.runsAfter(key, 6)).toMatchObject([{ run: 'r', turn: 7, status: 'ended' }])
      expect(await later.runsUpTo(key, 9, 9)).toMatchObject([{ run: 'r', turn: 7 }])
      expect(await open().deleteEndedBefore(future, 1000)).toBeGreaterThan(0)
      expect(await later.read(key)).toEqual([])
    },
  )

  test('a run that was answered by somebody who did not live to say so is due', async () => {
    const key = createKey()
    const log = openFaulty()
    await log.create(key, request())
    await log.append(key, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
    let isDead = false
    proxy.decide = (call) => {
      if (isDead) return 'dropped'
      isDead = call.startsWith('PUT blob runs')
      return 'answered'
    }
    const decision = { type: 'decision', approvalId: 'a', decision: 'approve' } as const
    await expect(log.control(key, decision)).rejects.toMatchObject({ code: 'store_unavailable' })
    const later = open()
    expect(await later.controls(key)).toEqual([decision])
    const stalled = await later.stalled({ before: 0, now: Date.now() + 1, limit: 1000 })
    expect(stalled.map(toSession)).toContain(key.session)
  })

  test('a run that was parked, but not marked so, is looked at as parked', async () => {
    const key = createKey()
    const log = openFaulty()
    await log.create(key, request())
    dieAt('PUT metadata')
    await log.append(key, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
    const later = open()
    const future = Date.now() + 60_000
    const find = async () =>
      (await later.stalled({ before: future, now: future, limit: 1000 })).map(toSession)
    expect(await find()).not.toContain(key.session)
    await later.control(key, { type: 'cancel', reason: 'x' })
    expect(await find()).toContain(key.session)
  })

  test('a segment that was announced, but not begun, is begun by the next executor', async () => {
    const key = createKey()
    const small = { maxSegmentBlocks: 2 }
    const log = open({ connectionString: toConnectionString(proxy.port), ...small })
    await log.create(key, request())
    await log.append(key, 1, [started(1)])
    dieAt('PUT blob runs')
    await expect(log.append(key, 2, [started(2)])).rejects.toMatchObject({ code: 'store_unavailable' })
    const later = open(small)
    expect(await later.read(key)).toHaveLength(2)
    expect(await later.append(key, 2, [started(2)])).toBe(3)
    proxy.decide = () => 'answered'
    await expect(log.append(key, 2, [started(2)])).rejects.toMatchObject({ code: 'fenced' })
  })

  function toSession({ session }: RunKey): string {
    return session
  }
})

describe('races', () => {
  test('of many executors one writes each event', async () => {
    const key = createKey()
    const executors = Array.from({ length: 4 }, () => open({ maxSegmentBlocks: 3 }))
    await executors[0]?.create(key, request())
    for (let id = 1; id < 12; id += 1) {
      const results = await Promise.allSettled(executors.map((log) => log.append(key, id, [started(id)])))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
    expect(await executors[0]?.read(key)).toHaveLength(12)
  })

  test('a session that is deleted while runs are accepted never ends up with runs and without a record', async () => {
    const key = createKey()
    const [log, other] = [open(), open()]
    for (let round = 0; round < 10; round += 1) {
      const run = `r${round}`
      await Promise.all([
        log.create({ ...key, run }, request('x', 'ann')),
        other.deleteSession(key, Date.now() + 1),
      ])
      const runs = await log.runsAfter(key, 0)
      const session = await log.session(key)
      if (runs.length > 0) expect(session).toMatchObject({ owner: 'ann' })
    }
  })

  test('a run that has the name of one that was deleted while it ended is not deleted for it', async () => {
    const key = createKey()
    const [log, other] = [openFaulty(), open()]
    const [reached, released] = [createGate(), createGate()]
    await log.create(key, request())
    proxy.hold = async (call) => {
      if (call !== 'PUT blob ended') return
      reached.open()
      await released.opened
    }
    const ending = log.append(key, 1, [started(1), completed('x')])
    await reached.opened
    await other.deleteSession(key, Date.now() + 1)
    released.open()
    await ending
    await other.create(key, request('another'))
    await other.deleteEndedBefore(Date.now() + 60_000, 1000)
    expect(await other.append(key, 1, [started(1)])).toBe(2)
    expect(await other.runsAfter(key, 0)).toMatchObject([{ run: 'r', status: 'open' }])
  })

  test('a run that is made anew while its session is deleted is found', async () => {
    const key = createKey()
    const [log, other] = [openFaulty(), open()]
    const [reached, released] = [createGate(), createGate()]
    await log.create(key, request())
    proxy.hold = async (call) => {
      if (call !== 'GET list open') return
      reached.open()
      await released.opened
    }
    const before = Date.now() + 1
    const deleting = log.deleteSession(key, before)
    await reached.opened
    await expect.poll(() => Date.now()).toBeGreaterThan(before)
    expect(await other.create(key, request())).toEqual({ outcome: 'created' })
    released.open()
    await deleting
    expect(await other.runsAfter(key, 0)).toMatchObject([{ run: 'r', status: 'open' }])
  })

  test('a run that is accepted late while its session is deleted goes with it', async () => {
    const key = createKey()
    const [late, spared] = [
      { ...key, run: 'late' },
      { ...key, run: 'spared' },
    ]
    const [log, other] = [openFaulty(), open()]
    const [reached, released] = [createGate(), createGate()]
    const before = Date.now() + 60_000
    const clock = { ...systemClock, now: () => before }
    await open({ clock }).create(spared, request())
    proxy.hold = async (call) => {
      if (call !== 'GET list open') return
      reached.open()
      await released.opened
    }
    const deleting = log.deleteSession(key, before)
    await reached.opened
    await other.create(late, request())
    released.open()
    await deleting
    expect(await other.read(late)).toEqual([])
    expect(await other.runsAfter(key, 0)).toMatchObject([{ run: 'spared', status: 'open' }])
  })

  test('a wish about a run that is deleted meanwhile is refused, and not kept for the next run of that name', async () => {
    const key = createKey()
    const [log, other] = [openFaulty(), open()]
    const [reached, released] = [createGate(), createGate()]
    await log.create(key, request())
    proxy.hold = async (call) => {
      if (call !== 'PUT blob runs') return
      reached.open()
      await released.opened
    }
    const wishing = expect(log.control(key, { type: 'cancel', reason: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await reached.opened
    await other.deleteSession(key, Date.now() + 1)
    released.open()
    await wishing
    await other.create(key, request())
    expect(await other.controls(key)).toEqual([])
  })

  test('whoever begins a segment of a run that was deleted is fenced off, and leaves nothing', async () => {
    const key = createKey()
    const log = open({ maxSegmentBlocks: 2 })
    await log.create(key, request())
    await log.append(key, 1, [started(1)])
    await open().deleteSession(key, Date.now() + 1)
    await expect(log.append(key, 2, [started(2)])).rejects.toMatchObject({ code: 'fenced' })
    expect(await open().create(key, request('new'))).toEqual({ outcome: 'created' })
    expect(await log.read(key)).toHaveLength(1)
  })

  describe('somebody begins to follow a run while it is looked at', () => {
    /** The look's reading is answered when that of the follower has been sent, and the follower's when the look is over. */
    async function followDuring<T>(log: AzureBlobRunLog, key: RunKey, look: () => Promise<T>): Promise<T> {
      const [lookSent, followSent, lookOver] = [createGate(), createGate(), createGate()]
      const steps = [
        { sent: lookSent, until: followSent },
        { sent: followSent, until: lookOver },
      ]
      proxy.hold = async (call) => {
        const step = call === 'GET blob runs' ? steps.shift() : undefined
        step?.sent.open()
        await step?.until.opened
      }
      const looking = look().finally(() => lookOver.open())
      await lookSent.opened
      const stop = new AbortController()
      const events = log.follow(key, -1, stop.signal)[Symbol.asyncIterator]().next()
      const found = await looking
      expect((await events).value).toHaveLength((await open().read(key)).length)
      stop.abort()
      return found
    }

    test('it is found', async () => {
      const key = createKey()
      const log = openFaulty()
      await log.create(key, request())
      expect(await followDuring(log, key, () => log.runsAfter(key, 0))).toMatchObject([{ run: key.run }])
    })

    test('whoever goes on with it after another executor is not fenced off', async () => {
      const key = createKey()
      const log = openFaulty()
      await log.create(key, request())
      await open().append(key, 1, [started(1)])
      expect(await followDuring(log, key, () => log.append(key, 2, [started(2)]))).toBe(3)
    })
  })
})

describe('failures', () => {
  const wrongKey = Buffer.from('not the key').toString('base64')

  async function failureOf(log: AzureBlobRunLog): Promise<unknown> {
    return log.probe().then(
      () => undefined,
      (error) => error,
    )
  }

  test('a wrong key, a server that is not there and a name that does not resolve are told apart, without secrets', async () => {
    const port = await findFreePort()
    const denied = await failureOf(open({ connectionString: toConnectionString(azurite.port, wrongKey) }))
    const absent = await failureOf(open({ connectionString: toConnectionString(port) }))
    const sas = `BlobEndpoint=http://127.0.0.1:${port}/a;SharedAccessSignature=sv=1&sig=secret-signature`
    const signed = await failureOf(open({ connectionString: sas }))
    expect(denied).toMatchObject({ code: 'store_unavailable', retryable: false })
    expect(String(denied)).toMatch(
      /127\.0\.0\.1:\d+ cannot be used \(AuthorizationFailure, HTTP 403\).*Check the key/,
    )
    expect(absent).toMatchObject({ code: 'store_unavailable', retryable: true })
    expect(String(absent)).toMatch(/cannot be used \(ECONNREFUSED\).*Azurite/)
    for (const error of [denied, absent, signed]) {
      const text = `${JSON.stringify(error, Object.getOwnPropertyNames(error))} ${(error as Error).stack}`
      expect(text).not.toMatch(/Eby8vdM02|secret-signature|AccountKey|SharedKey/)
      expect(text).not.toContain(wrongKey)
      expect((error as Error).cause).toBeUndefined()
    }
  })

  test.each(['DurableRuns', 'ab', 'a_b', '-runs', 'runs-', 'a--b', 'a'.repeat(64), ''])(
    'refuses "%s" as the name of a container',
    (container) => {
      expect(() => open({ container })).toThrow(expect.objectContaining({ code: 'invalid_configuration' }))
    },
  )

  test.each([
    [{ connectionString: 'nonsense=secret' }],
    [{ connectionString: 'AccountKey=secret' }],
    [{ accountUrl: 'http://account.blob.core.windows.net?sig=secret' }],
    [{ accountUrl: 'account-secret' }],
  ])('refuses %o without repeating it', (connection) => {
    expect(() => new AzureBlobRunLog(connection)).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.not.stringContaining('secret'),
      }),
    )
  })

  test('a credential that gives no token says so', async () => {
    const credential = {
      getToken: async () => {
        throw Object.assign(new Error('secret detail'), { name: 'CredentialUnavailableError' })
      },
    }
    const error = await failureOf(
      new AzureBlobRunLog({ accountUrl: 'https://account.blob.core.windows.net', credential }),
    )
    expect(error).toMatchObject({ code: 'store_unavailable', retryable: false })
    expect(String(error)).toMatch(/account\.blob\.core\.windows\.net.*CredentialUnavailableError/)
    expect(String(error)).not.toContain('secret')
  })

  test('a container that somebody deletes is made again', async () => {
    const log = open({ container: 'short-lived' })
    await log.probe()
    const { BlobServiceClient } = await import('@azure/storage-blob')
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString)
    await service.deleteContainer('short-lived')
    await expect(log.probe()).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(log.probe()).resolves.toBeUndefined()
  })

  test('a log that somebody damaged is not read as if it were whole', async () => {
    const log = open()
    const key = createKey()
    await log.create(key, request())
    const { BlobServiceClient } = await import('@azure/storage-blob')
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      'durable-agent-runs',
    )
    const blob = container.getAppendBlobClient(`runs/Blob/${key.session}/r/log-000000`)
    await blob.appendBlock('{"id":1,"ty', 11)
    await expect(open().read(key)).rejects.toThrow(/log-000000 is damaged: its last line is cut off/)
    await expect(log.append(key, 1, [started(1)])).rejects.toMatchObject({ code: 'store_unavailable' })
    const other = createKey()
    await log.create(other, request())
    const later = Date.now() + 1_000
    const clock = { ...systemClock, now: () => later }
    const stalled = await open({ clock }).stalled({ before: later, now: later, limit: 5_000 })
    expect(stalled).toEqual(expect.arrayContaining([key, other]))
  })
})

describe('runs that are not to wait', () => {
  const impatient = { ...request(), options: { enableToolCalls: true, onBusy: 'reject' } } as const
  const kinds = ['PUT metadata sessions', 'PUT blob runs', 'PUT appendblock runs', 'PUT blob open']

  test.each(kinds)(
    'a creation that was cut off before its %s holds others up for half a minute, no longer',
    async (kind) => {
      const key = createKey()
      let now = Date.now()
      const clock = { ...systemClock, now: () => now }
      await open().create({ ...key, run: 'earlier' }, request())
      await open().append({ ...key, run: 'earlier' }, 1, [started(1), completed('x')])
      const log = openFaulty()
      await log.probe()
      dieAt(kind)
      await expect(log.create(key, impatient)).rejects.toMatchObject({ code: 'store_unavailable' })
      proxy.decide = () => 'answered'
      const next = { ...key, run: 'next' }
      if (kind !== 'PUT metadata sessions') {
        expect(await open({ clock }).create(next, impatient)).toEqual({ outcome: 'busy' })
        now += 31_000
      }
      expect(await open({ clock }).create(next, impatient)).toEqual({ outcome: 'created' })
      expect((await open().runsAfter(key, 1)).map(({ run }) => run)).toEqual(['next'])
      expect(await open({ clock }).create(key, impatient)).toEqual({ outcome: 'busy' })
    },
  )

  test('a creation that took too long finds its place taken, and takes its run back', async () => {
    const key = createKey()
    const next = { ...key, run: 'next' }
    const clock = { ...systemClock, now: () => Date.now() + 31_000 }
    const log = openFaulty()
    await log.probe()
    let taking: Promise<unknown> | undefined
    proxy.hold = async (call) => {
      if (!call.startsWith('PUT blob open')) return
      taking ??= open({ clock }).create(next, impatient)
      await taking
    }
    expect(await log.create(key, impatient)).toEqual({ outcome: 'busy' })
    proxy.hold = async () => {}
    expect(await taking).toEqual({ outcome: 'created' })
    expect((await open().runsAfter(key, 0)).map(({ run }) => run)).toEqual(['next'])
  })

  test('the second try of a creation whose answer was lost is no other run', async () => {
    const key = createKey()
    const log = openFaulty()
    await log.probe()
    for (const [index, kind] of [...kinds, 'HEAD blob sessions', 'GET list open'].entries()) {
      const run = { ...key, session: `${key.session}-${index}` }
      loseNextAnswer(kind)
      expect(await log.create(run, impatient)).toEqual({ outcome: 'created' })
    }
  })
})
