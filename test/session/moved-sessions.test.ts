import { expect, test } from 'vitest'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { VirtualClock } from '../../src/testing/index.js'
import { started } from '../run/event-samples.js'
import { createGate } from '../support/gate.js'
import { EntityKit } from './entity-kit.js'
import { ask, callWork, createSession, createTool, key, pass } from './session-kit.js'

const limits = { parkAfterMs: 300_000, hardEndMs: 570_000, executorSilenceMs: 20_000 }

/** A session that has moved to another host while its first message is worked on at the one it has left. */
async function openMoved() {
  const clock = new VirtualClock()
  const log = new MemoryRunLog({ clock })
  const working = createGate()
  const finished = createGate<string>()
  let calls = 0
  const { made } = createTool({
    idempotent: true,
    execute: () => {
      calls += 1
      working.open()
      return finished.opened
    },
  })
  const script = [callWork(1), { text: 'first' }, { text: 'second' }, { text: 'third' }]
  const { entity: left, agent } = createSession(script, { log, clock, limits, tools: [made] })
  const moved = new EntityKit({ agent, log, limits, clock })
  await ask(log, 'a')
  const first = left.operate('run', { correlationId: 'a' })
  await working.opened
  await ask(log, 'b')
  const second = moved.operate('run', { correlationId: 'b' })
  const finish = async () => {
    finished.open('done')
    await first
  }
  const readTypes = async (run: string) => (await log.read({ ...key, run })).map(({ type }) => type)
  return { clock, log, moved, second, finish, readTypes, countCalls: () => calls }
}

test('a message waits its turn, although the one before it is worked on where the session was before', async () => {
  const { clock, moved, second, finish, readTypes, countCalls } = await openMoved()
  await pass(clock, 120_000)
  await finish()
  await second
  expect((await readTypes('a')).filter((type) => type === 'run.started')).toHaveLength(1)
  expect(countCalls()).toBe(1)
  expect((await readTypes('b')).at(-1)).toBe('run.completed')
  expect(moved.stored?.data.conversationHistory.map(({ $type }) => $type)).toEqual([
    'request',
    'response',
    'request',
    'response',
  ])
})

test.each([
  ['decide', { correlationId: 'a' }],
  ['tool_result', { correlationId: 'a', callId: 'call-9', result: 1 }],
])('so does an answer to it: %s', async (operation, input) => {
  const { clock, moved, second, finish, readTypes, countCalls } = await openMoved()
  const answered = moved.operate(operation, input)
  await pass(clock, 120_000)
  await finish()
  await Promise.all([answered, second])
  expect((await readTypes('a')).filter((type) => type === 'run.started')).toHaveLength(1)
  expect(countCalls()).toBe(1)
})

test('an answer that waits too long is left to whoever works on the run', async () => {
  const { clock, moved, finish, readTypes, second } = await openMoved()
  const answered = moved.operate('decide', { correlationId: 'a' })
  await pass(clock, limits.parkAfterMs)
  await Promise.all([answered, second])
  expect(moved.signals).toEqual([['continue', { correlationId: 'b' }]])
  await finish()
  expect((await readTypes('a')).filter((type) => type === 'run.started')).toHaveLength(1)
})

test('when that takes longer than an operation may, the message is brought again', async () => {
  const { clock, moved, second, finish, readTypes } = await openMoved()
  await pass(clock, limits.parkAfterMs)
  await second
  expect(moved.signals).toEqual([['continue', { correlationId: 'b' }]])
  expect(await readTypes('b')).toEqual(['run.accepted'])
  await finish()
  await moved.operate('continue', { correlationId: 'b' })
  expect((await readTypes('b')).at(-1)).toBe('run.completed')
})

/** A session whose first message somebody has begun to work on, and an operation that comes for the second one. */
async function openBegun() {
  const clock = new VirtualClock()
  const log = new MemoryRunLog({ clock })
  const { entity } = createSession([{ text: 'first' }, { text: 'second' }], { log, clock, limits })
  await ask(log, 'a')
  await log.append({ ...key, run: 'a' }, 1, [started(1)])
  await ask(log, 'b')
  const operation = entity.operate('run', { correlationId: 'b' })
  return { clock, log, operation }
}

test('a run whose executor is silent is taken over', async () => {
  const { clock, log, operation } = await openBegun()
  await pass(clock, 15_000)
  expect(await log.read({ ...key, run: 'a' })).toHaveLength(2)
  await pass(clock, 10_000)
  await operation
  for (const run of ['a', 'b']) expect((await log.read({ ...key, run })).at(-1)?.type).toBe('run.completed')
})

test('a run that was put aside meanwhile is gone on with at once', async () => {
  const { clock, log, operation } = await openBegun()
  await pass(clock, 5_000)
  await log.append({ ...key, run: 'a' }, 2, [{ type: 'run.parked', data: { reason: 'operation_limit' } }])
  await operation
  expect((await log.read({ ...key, run: 'b' })).at(-1)?.type).toBe('run.completed')
})

test('an operation that names a run takes it over at once: it comes again only when its executor is dead', async () => {
  const log = new MemoryRunLog()
  const { entity } = createSession([{ text: 'first' }], { log, limits })
  await ask(log, 'a')
  await log.append({ ...key, run: 'a' }, 1, [started(1)])
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read({ ...key, run: 'a' })).at(-1)?.type).toBe('run.completed')
})
