import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { Clock } from '../../src/core/clock.js'
import { AgentError } from '../../src/core/errors.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { isTerminal, type RunEventType } from '../../src/run/events.js'
import type { RunLog } from '../../src/run/run-log.js'
import { conversation, ScriptedModel, TestEngine, TestSession } from '../../src/testing/index.js'
import type { ModelScript } from '../../src/testing/scripted-model.js'
import { ask, callWork, createSession, createSleepingClock, createTool, key } from './session-kit.js'

interface Outage {
  readonly outageMs: number
  readonly retryable?: boolean
  readonly isIdempotent?: boolean
  /** Whether what is refused has been written all the same. */
  readonly isWritten?: boolean
}

/** An app whose run log takes no events from the moment its tool runs, for so long; ms. */
async function openApp({ outageMs, retryable = true, isWritten = false, isIdempotent = false }: Outage) {
  let outUntil = 0
  let refusals = 0
  let executions = 0
  const agents = (clock: Clock) => {
    const work = tool({
      name: 'work',
      description: 'Works.',
      idempotent: isIdempotent,
      execute: () => {
        executions += 1
        if (outUntil === 0) outUntil = clock.now() + outageMs
        return 'done'
      },
    })
    const steps = [{ calls: [{ name: 'work', arguments: {} }] }, { text: 'Ready.' }]
    return new Agent({ name: 'Worker', client: new ScriptedModel(conversation(steps)), tools: [work] })
  }
  class FailingLog extends MemoryRunLog {
    override async append(...args: Parameters<MemoryRunLog['append']>) {
      if (engine.clock.now() >= outUntil) return super.append(...args)
      refusals += 1
      if (isWritten) {
        await super.append(...args)
        // The engine does not take failed writes for changes.
        engine.observations.version += 1
      }
      throw new AgentError('store_unavailable', 'The disk is full.', { retryable })
    }
  }
  const engine: TestEngine = await TestEngine.open({ agents, log: (clock) => new FailingLog({ clock }) })
  const session = new TestSession(engine, { agent: 'Worker', session: 's' })
  const startedAt = engine.clock.now()
  await engine.run(async () => {
    expect(await session.send('Work')).toMatchObject({ text: 'Ready.' })
  })
  return { executions, tookMs: engine.clock.now() - startedAt, refusals, operations: countOperations(engine) }
}

function countOperations({ observations }: TestEngine): number {
  return observations.boundaries.filter(({ name }) => name.startsWith('deliver')).length
}

test('a run goes on as soon as its store works again, in the same operation, with what its tool gave', async () => {
  const { tookMs, operations, executions } = await openApp({ outageMs: 3_000 })
  expect(tookMs).toBeLessThan(5_000)
  expect([operations, executions]).toEqual([1, 1])
})

test('what was written although the store said that it failed is not written again', async () => {
  const { tookMs, operations, executions } = await openApp({ outageMs: 3_000, isWritten: true })
  expect(tookMs).toBeLessThan(5_000)
  expect([operations, executions]).toEqual([1, 1])
})

/** A log of which one write lands although the store says that it failed; `meanwhile` happens before anybody tries again. */
function createUncertainLog(
  type: RunEventType,
  meanwhile: (log: RunLog) => Promise<unknown> = async () => {},
) {
  const log = new MemoryRunLog()
  const append = log.append.bind(log)
  let isDue = true
  log.append = async (...args) => {
    const next = await append(...args)
    if (!isDue || args[2][0]?.type !== type) return next
    isDue = false
    await meanwhile(log)
    throw new AgentError('store_unavailable', 'The answer was lost.', { retryable: true })
  }
  return log
}

test('an executor whose beginning was written, although the store said that it failed, goes on', async () => {
  const log = createUncertainLog('run.started')
  const { entity, client } = createSession([{ text: 'Ready.' }], { log, clock: createSleepingClock() })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  client.assertDone()
  const events = await log.read({ ...key, run: 'a' })
  expect(events.map(({ type }) => type)).toEqual([
    'run.accepted',
    'run.started',
    'message.delta',
    'step.completed',
    'run.completed',
  ])
})

test('an executor does not take an equal beginning of another one for its own', async () => {
  const log = new MemoryRunLog()
  const { append } = log
  log.append = async (...args) => {
    log.append = append
    // The other one, whose beginning lands where this one's does not.
    await log.append(args[0], 1, [
      { type: 'run.started', data: { epoch: 1, attempt: 1, turn: 1, executor: 'x' } },
    ])
    throw new AgentError('store_unavailable', 'It was not written.', { retryable: true })
  }
  const { entity, client } = createSession([{ text: 'Ready.' }], { log, clock: createSleepingClock() })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(client.requests).toEqual([])
  expect(entity.logged.join()).toMatch(/info: .* went on elsewhere/)
})

test('an executor whose beginning was written stops when another one has begun since', async () => {
  const log = createUncertainLog('run.started', (it) =>
    it.append({ ...key, run: 'a' }, 2, [{ type: 'run.started', data: { epoch: 2, attempt: 2, turn: 1 } }]),
  )
  const { entity, client } = createSession([{ text: 'Ready.' }], { log, clock: createSleepingClock() })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(client.requests).toEqual([])
  expect(entity.logged.join()).toMatch(/went on elsewhere/)
})

/** A log that refuses the next write of a kind, once. */
function createRefusingLog(clock: Clock, type: RunEventType) {
  const log = new MemoryRunLog({ clock })
  const { append } = log
  log.append = async (...args) => {
    if (args[2].every((event) => event.type !== type)) return append.apply(log, args)
    log.append = append
    throw new AgentError('store_unavailable', 'The disk is full.', { retryable: true })
  }
  return log
}

test('what a model has answered is written as soon as the store works again, also past the time for further steps', async () => {
  const clock = createSleepingClock()
  const log = createRefusingLog(clock, 'step.completed')
  const limits = { parkAfterMs: 60_000, hardEndMs: 120_000 }
  const slow: ModelScript = (_request, call) => {
    clock.advanceTo(clock.now() + 61_000)
    return call === 0 ? callWork(1) : { text: 'Ready.' }
  }
  const { entity, client } = createSession(slow, { log, clock, limits, tools: [createTool().made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  await entity.operate('continue', { correlationId: 'a' })
  expect(client.requests).toHaveLength(2)
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('an orchestration gets its reply although the store fails when it is made', async () => {
  const log = new MemoryRunLog()
  const { read } = log
  let looks = 0
  log.read = async (...args) => {
    const events = await read.apply(log, args)
    if (events.some(isTerminal)) looks += 1
    if (looks !== 2) return events
    throw new AgentError('store_unavailable', 'The network is down.', { retryable: true })
  }
  const { entity } = createSession([{ text: 'Ready.' }], { log, clock: createSleepingClock() })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: 'parent' })
  expect(looks).toBe(3)
  expect(entity.replies).toMatchObject([{ status: 'completed', correlationId: 'a' }])
})

test('when that takes long, the operation ends, and the watchdog goes on', async () => {
  const { tookMs, refusals, operations } = await openApp({ outageMs: 20 * 60_000, isIdempotent: true })
  expect(tookMs).toBeGreaterThan(20 * 60_000)
  expect(tookMs).toBeLessThan(23 * 60_000)
  expect(refusals / operations).toBeLessThanOrEqual(8)
})

test('what will not pass is not waited for', async () => {
  const { tookMs, operations } = await openApp({ outageMs: 3_000, retryable: false, isIdempotent: true })
  expect(tookMs).toBeGreaterThan(60_000)
  expect(operations).toBe(2)
})
