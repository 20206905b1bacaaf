import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { Clock } from '../../src/core/clock.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { ChatClient } from '../../src/model/chat-client.js'
import type { RunLog } from '../../src/run/run-log.js'
import {
  conversation,
  ScriptedModel,
  TestEngine,
  type TestEngineOptions,
  TestSession,
  VirtualClock,
} from '../../src/testing/index.js'

async function openEngine(options: Partial<TestEngineOptions> = {}) {
  const agents = () =>
    new Agent({
      name: 'Echo',
      client: new ScriptedModel(conversation([{ text: 'one' }, { text: 'two' }, { text: 'three' }])),
    })
  const engine = await TestEngine.open({ agents, ...options })
  return { engine, session: new TestSession(engine, { agent: 'Echo', session: 's' }) }
}

const operations = (engine: TestEngine) =>
  engine.observations.boundaries.flatMap(({ name }) => (name.startsWith('deliver') ? [name.slice(8)] : []))

test('a session can be played without anything going wrong, and without waiting', async () => {
  const { engine, session } = await openEngine()
  await engine.run(async () => {
    expect(await session.send('a')).toMatchObject({ text: 'one' })
    await session.wait(24 * 60 * 60_000)
    expect(await session.send('b')).toMatchObject({ text: 'two' })
  })
  expect(engine.readState(session.key)?.data.conversationHistory).toHaveLength(4)
  expect(operations(engine)).toEqual(['run', 'run'])
})

test('messages that wait are worked on together, up to the batch size, and committed once', async () => {
  const { engine, session } = await openEngine({ maxEntityOperationBatchSize: 2 })
  await engine.run(async () => {
    for (const text of ['a', 'b', 'c']) await session.start(text)
    await session.news()
  })
  expect(operations(engine)).toEqual(['run', 'run, run'])
  expect(engine.observations.boundaries.filter(({ name }) => name.startsWith('commit'))).toHaveLength(2)
})

test('what a crash kept from being committed is delivered again', async () => {
  const boundary = 11
  const crash = { type: 'crash', boundary, when: 'before', isRedelivered: true, callerRepeats: true } as const
  const { engine, session } = await openEngine({ disturbances: [crash] })
  await engine.run(async () => {
    expect(await session.send('a')).toMatchObject({ text: 'one' })
  })
  expect(engine.observations.boundaries[boundary]?.name).toBe('commit the entity')
  expect(operations(engine)).toEqual(['run', 'run'])
  expect(engine.observations.modelCalls).toHaveLength(1)
})

test('a message can come twice, and one that never comes is made up for by the watchdog', async () => {
  const twice = await openEngine({ disturbances: [{ type: 'message', message: 0, fate: 'twice' }] })
  await twice.engine.run(async () => {
    await twice.session.send('a')
  })
  expect(operations(twice.engine)).toEqual(['run', 'run'])
  const lost = await openEngine({ disturbances: [{ type: 'message', message: 0, fate: 'lost' }] })
  await lost.engine.run(async () => {
    await lost.session.send('a')
  })
  expect(operations(lost.engine)).toEqual(['continue'])
})

test('a client is there with all that it can do: what waits at its provider is cancelled with the run', async () => {
  const cancelled: string[] = []
  const wipe = tool({
    name: 'wipe',
    description: 'Wipes.',
    parameters: z.object({}),
    approval: 'always',
    execute: () => 'wiped',
  })
  const script = new ScriptedModel(conversation([{ calls: [{ name: 'wipe', arguments: {} }] }]))
  const client: ChatClient = {
    model: script.model,
    stream: (request, options) => script.stream(request, options),
    cancel: async (token) => void cancelled.push(token),
    toWaiting: () => 'task',
  }
  const { engine, session } = await openEngine({
    agents: () => new Agent({ name: 'Echo', client, tools: [wipe] }),
  })
  await engine.run(async () => {
    await session.start('a')
    await session.news()
    await session.delete()
  })
  expect(cancelled).toContain('task')
})

test('a scenario that waits for what never comes is ended', async () => {
  const { engine, session } = await openEngine()
  await expect(
    engine.run(async () => {
      await session.send('a')
      await engine.waitFor('pigs fly', async () => undefined)
    }),
  ).rejects.toThrow('the scenario waits until pigs fly')
})

test('time passes in order, and only as far as it is told to', async () => {
  const clock = new VirtualClock(1000)
  const ended: string[] = []
  void clock.sleep(20).then(() => ended.push('later'))
  void clock.sleep(10).then(() => ended.push('sooner'))
  const limit = clock.timeout(30)
  clock.advanceTo(1029)
  await Promise.resolve()
  expect(ended).toEqual(['sooner', 'later'])
  expect([clock.now(), limit.aborted, clock.next]).toMatchObject([1029, false, { at: 1030, type: 'timeout' }])
  clock.advanceTo(1030)
  expect(limit.reason).toMatchObject({ name: 'TimeoutError' })
})

/** A run log that answers late, and tells of wishes late, as one on a network does. */
function openSlowLog(clock: Clock): RunLog {
  const log = new MemoryRunLog({ clock })
  return new Proxy(log, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name === 'follow' || name === 'watchControls') {
        return async function* (...args: unknown[]) {
          for await (const news of Reflect.apply(member, target, args)) {
            await delay(2)
            yield news
          }
        }
      }
      return async (...args: unknown[]) => {
        await delay(1)
        return Reflect.apply(member, target, args)
      }
    },
  })
}

test.each([
  ['at once', (clock: Clock) => new MemoryRunLog({ clock })],
  ['late', openSlowLog],
])('no time passes while a store is at work that answers %s', async (_when, log) => {
  const agents = (clock: Clock) => {
    const slow = tool({ name: 'slow', description: 'Waits.', execute: () => clock.sleep(1_000) })
    const steps = [{ calls: [{ name: 'slow', arguments: {} }] }, { text: 'done' }]
    return new Agent({ name: 'Echo', client: new ScriptedModel(conversation(steps)), tools: [slow] })
  }
  const { engine, session } = await openEngine({ agents, log })
  const startedAt = engine.clock.now()
  await engine.run(async () => {
    await session.start('a')
    await session.until('tool.started')
    expect(await engine.log.controls({ ...session.key, run: 'run-1' })).toEqual([])
    await session.cancel()
    expect(await session.news()).toMatchObject({ status: 'cancelled' })
  })
  await engine.finish()
  expect(engine.observations.violations).toEqual([])
  // A millisecond for each boundary, and nothing more.
  expect(engine.clock.now() - startedAt).toBeLessThan(100)
})

test('agents that are no function, or are not there, are refused', async () => {
  const agent = new Agent({ name: 'Echo', client: new ScriptedModel([]) })
  for (const slip of [{ agents: [agent] }, { agent }, undefined]) {
    const opened = TestEngine.open(slip as unknown as TestEngineOptions)
    await expect(opened).rejects.toMatchObject({ code: 'invalid_configuration' })
  }
})
