import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { AgentError } from '../../src/core/errors.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { type SweepOptions, sweep } from '../../src/session/watchdog/sweep.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { completed, started } from '../run/event-samples.js'
import { ask, createDistantLog, createSession, key } from './session-kit.js'

const run = { ...key, run: 'a' }
const minute = 60_000

function createAgent(name: string): Agent {
  return new Agent({ name, client: new ScriptedModel([]) })
}

function createSweep(log = createDistantLog(), changes: Partial<SweepOptions> = {}) {
  const signals: unknown[][] = []
  const options: SweepOptions = {
    log,
    agents: [createAgent('Agent')],
    signal: async (...signal) => {
      signals.push(signal)
    },
    stallMs: minute,
    maxAttempts: 3,
    sessionTtlMs: undefined,
    runRetentionMs: undefined,
    now: Date.now() + 2 * minute,
    ...changes,
  }
  return { log, signals, options }
}

test('a run whose signal was lost is signalled, and then answered', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'a')
  expect(await sweep({ ...options, now: Date.now() })).toMatchObject({ signalled: 0 })
  expect(await sweep(options)).toMatchObject({ signalled: 1 })
  expect(signals).toEqual([[run, 'continue', { correlationId: 'a' }]])
  const { entity } = createSession([{ text: 'late' }], { log })
  await entity.operate('continue', { correlationId: 'a' })
  expect(await sweep(options)).toMatchObject({ signalled: 0 })
})

test('a run that was begun too often is given up, its caller told, and its session woken', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'a')
  await log.append(run, 1, [started(1), started(2), started(3)])
  expect(await sweep(options)).toEqual({ signalled: 0, givenUp: 1, expired: 0, forgotten: 0 })
  expect(signals).toEqual([[run, 'continue', { correlationId: 'a' }]])
  expect((await log.read(run)).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { code: 'internal', detail: expect.stringContaining('3 times') },
  })
})

test('a run that somebody goes on with just then is not given up', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'a')
  await log.append(run, 1, [started(1), started(2), started(3)])
  const append = vi.spyOn(log, 'append').mockImplementationOnce(async (key, expected, events) => {
    await log.append(key, expected, [started(4)])
    return log.append(key, expected, events)
  })
  expect(await sweep(options)).toMatchObject({ signalled: 1, givenUp: 0 })
  expect(append).toHaveBeenCalledTimes(3)
  expect((await log.read(run)).at(-1)).toMatchObject({ type: 'run.started', data: { epoch: 4 } })
  expect(signals).toHaveLength(1)
})

test('a run that waits for a human is left alone until it is due', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'a')
  const until = new Date(options.now + minute).toISOString()
  await log.append(run, 1, [started(1), { type: 'run.parked', data: { reason: 'approval', until } }])
  await sweep(options)
  expect(signals).toEqual([])
  await sweep({ ...options, now: options.now + 2 * minute })
  expect(signals).toHaveLength(1)
})

test('sessions that nobody uses are deleted, when that is wanted', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'a')
  await log.append(run, 1, [started(1), { type: 'run.cancelled', data: { reason: 'x', text: '' } }])
  expect(await sweep(options)).toMatchObject({ expired: 0 })
  expect(await sweep({ ...options, sessionTtlMs: minute })).toMatchObject({ expired: 1 })
  expect(signals).toEqual([[key, 'delete', { before: options.now - minute, unlessUsed: true }]])
})

test('a session that somebody uses again before its deletion comes stays', async () => {
  const { log, signals, options } = createSweep()
  const { entity } = createSession([{ text: 'one' }], { log })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await sweep({ ...options, sessionTtlMs: minute })
  const [[, operation, deletion]] = signals as [[unknown, string, { readonly before: number }]]
  const beforeUse = Date.now() - minute
  await entity.operate(operation, { ...deletion, before: beforeUse })
  expect(await log.session(key)).toBeDefined()
  expect(entity.state).toContain('one')
  await entity.operate(operation, deletion)
  expect(await log.session(key)).toBeUndefined()
  expect(entity.state).toBeUndefined()
})

test('a session whose run waits for a human outlives its time', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'a')
  await log.append(run, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
  expect(await sweep({ ...options, sessionTtlMs: minute })).toMatchObject({ expired: 0 })
  expect(signals).toEqual([])
})

test('however many sessions wait for humans, and although some cannot be read, those that nobody uses are deleted', async () => {
  const { log, signals, options } = createSweep(undefined, { sessionTtlMs: minute })
  await ask(log, 'first')
  const [accepted] = await log.read({ ...key, run: 'first' })
  if (accepted?.type !== 'run.accepted') throw new Error('It was not accepted.')
  for (let number = 0; number < 600; number += 1) {
    const waiting = { agent: 'Agent', session: `waiting-${number}`, run: 'a' }
    await log.create(waiting, accepted.data)
    await log.append(waiting, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
  }
  const unused = { agent: 'Agent', session: 'unused', run: 'a' }
  await log.create(unused, accepted.data)
  await log.append(unused, 1, [started(1), completed('x')])
  const { runsAfter } = log
  log.runsAfter = async (...args) => {
    if (args[0].session === 'waiting-0') throw new AgentError('store_unavailable', 'The log is damaged.')
    return runsAfter.apply(log, args)
  }
  expect(await sweep(options)).toMatchObject({ expired: 1 })
  expect(signals.filter(([, operation]) => operation === 'delete')).toEqual([
    [{ agent: 'Agent', session: 'unused' }, 'delete', { before: options.now - minute, unlessUsed: true }],
  ])
})

test('logs of runs that ended long ago are deleted, when that is wanted', async () => {
  const { log, options } = createSweep()
  await ask(log, 'a')
  await ask(log, 'open')
  await log.append(run, 1, [started(1), { type: 'run.cancelled', data: { reason: 'x', text: '' } }])
  expect(await sweep(options)).toMatchObject({ forgotten: 0 })
  expect(await sweep({ ...options, runRetentionMs: minute })).toMatchObject({ forgotten: 1 })
  expect(await log.read(run)).toEqual([])
  expect(await log.read({ ...key, run: 'open' })).toHaveLength(1)
})

test('however many messages wait behind a human, and however many runs are of other apps, lost runs are found', async () => {
  const { log, signals, options } = createSweep()
  await ask(log, 'first')
  await log.append({ ...key, run: 'first' }, 1, [
    started(1),
    { type: 'run.parked', data: { reason: 'approval' } },
  ])
  for (let number = 0; number < 600; number += 1) await ask(log, `waiting-${number}`)
  const [accepted] = await log.read({ ...key, run: 'first' })
  if (accepted?.type !== 'run.accepted') throw new Error('It was not accepted.')
  for (let number = 0; number < 600; number += 1)
    await log.create({ agent: 'Other', session: `s-${number}`, run: 'a' }, accepted.data)
  const lost = { ...run, session: 'lost' }
  await log.create(lost, accepted.data)
  const lists = vi.spyOn(log, 'runsAfter')
  expect(await sweep(options)).toMatchObject({ signalled: 1 })
  expect(signals).toEqual([[lost, 'continue', { correlationId: 'a' }]])
  expect(lists).toHaveBeenCalledTimes(2)
})

test('however much there is to see to, only some of it is done at a time', async () => {
  let [waiting, most] = [0, 0]
  const wait = async () => {
    waiting += 1
    most = Math.max(most, waiting)
    await nextTurn()
    waiting -= 1
  }
  const { log, options } = createSweep(undefined, { sessionTtlMs: minute, signal: wait })
  const { runsAfter } = log
  log.runsAfter = async (...which) => {
    await wait()
    return runsAfter.apply(log, which)
  }
  for (let number = 0; number < 200; number += 1) {
    const run = { agent: 'Agent', session: `s${number}`, run: 'a' }
    await log.create(run, createRunRequest({ messages: [] }))
    if (number % 2 === 0) await log.append(run, 1, [started(1), completed('x')])
  }
  expect(await sweep(options)).toMatchObject({ signalled: 100, expired: 100 })
  expect(most).toBeLessThan(50)
})

test('a run that cannot be seen to keeps nobody from the rest, and is told of', async () => {
  const { log, signals, options } = createSweep(new MemoryRunLog(), { runRetentionMs: minute })
  const { read } = log
  log.read = async (...args) => {
    if (args[0].run === 'damaged') throw new AgentError('store_unavailable', 'The log is damaged.')
    return read.apply(log, args)
  }
  await ask(log, 'old')
  await log.append({ ...key, run: 'old' }, 1, [started(1), completed('x')])
  await ask(log, 'damaged')
  await ask(log, 'a')
  await expect(sweep(options)).rejects.toThrow('The log is damaged.')
  expect(signals).toEqual([[run, 'continue', { correlationId: 'a' }]])
  expect(await read.call(log, { ...key, run: 'old' })).toEqual([])
})

test('runs of agents that this app does not serve are not touched', async () => {
  const { log, signals, options } = createSweep(undefined, { agents: [createAgent('Other')] })
  await ask(log, 'a')
  expect(await sweep(options)).toEqual({ signalled: 0, givenUp: 0, expired: 0, forgotten: 0 })
  expect(signals).toEqual([])
})

test('a message that came to stop what waits for a human does so, though its caller was lost', async () => {
  const { log, signals, options } = createSweep()
  const parked = [started(1), { type: 'run.parked', data: { reason: 'approval' } }] as const
  await ask(log, 'a')
  await log.append(run, 1, parked)
  await ask(log, 'b')
  await sweep(options)
  expect(signals).toEqual([])
  await ask(log, 'c', 'c', { replaces: 'b' })
  await sweep(options)
  expect(signals, 'what it takes the place of waits itself').toEqual([])
  await ask(log, 'd', 'd', { replaces: 'a' })
  await sweep(options)
  expect(signals.map(([, , input]) => input)).toEqual(
    ['c', 'b', 'a', 'd'].map((correlationId) => ({ correlationId })),
  )
  expect(await log.controls(run)).toMatchObject([{ type: 'cancel' }])
})
