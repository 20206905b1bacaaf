import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { slidingWindow } from '../../src/agent/providers/compaction.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunEvent } from '../../src/run/events.js'
import { RunJournal } from '../../src/run/run-journal.js'
import { sayAlive } from '../../src/session/execution/say-alive.js'
import { sweep } from '../../src/session/watchdog/sweep.js'
import { ScriptedModel, VirtualClock } from '../../src/testing/index.js'
import { started } from '../run/event-samples.js'
import { createGate } from '../support/gate.js'
import { ask, callWork, createSession, createTool, key, pass } from './session-kit.js'

const run = { ...key, run: 'a' }
const minute = 60_000

/** A session whose tool works until `end`, while hours pass; `byExpert` has another agent use it. */
async function openSession({ byExpert = false } = {}) {
  const clock = new VirtualClock()
  const log = new MemoryRunLog({ clock })
  const working = createGate()
  const finished = createGate<string>()
  const { made } = createTool({
    idempotent: true,
    execute: () => {
      working.open()
      return finished.opened
    },
  })
  const steps = [callWork(1), { text: 'Ready.' }]
  const expert = new Agent({ name: 'Expert', client: new ScriptedModel(steps), tools: [made] })
  const askExpert = { calls: [{ name: 'Expert', arguments: { query: 'Work.' }, callId: 'ask' }] }
  const session = byExpert
    ? createSession([askExpert, { text: 'Ready.' }], { log, clock, tools: [expert.asTool()] })
    : createSession(steps, { log, clock, tools: [made] })
  await ask(log, 'a')
  const operation = session.entity.operate('run', { correlationId: 'a' })
  await working.opened
  const sweepNow = async () => {
    const signals: unknown[] = []
    const signal = async (...[, , input]: readonly unknown[]) => void signals.push(input)
    const limits = { stallMs: minute, maxAttempts: 3, sessionTtlMs: undefined, runRetentionMs: undefined }
    await sweep({ log, agents: [session.agent], signal, now: clock.now(), ...limits })
    return signals
  }
  const end = async () => {
    finished.open('done')
    await operation
  }
  const readTypes = async (of = run) => (await log.read(of)).map(({ type }) => type)
  return { ...session, clock, sweepNow, end, readTypes }
}

test('the log of a run moves while its tool works, and nobody takes it for dead', async () => {
  const { clock, sweepNow, end, readTypes } = await openSession()
  await pass(clock, 205_000)
  expect(await sweepNow()).toEqual([])
  const before = await readTypes()
  expect(before.slice(before.indexOf('tool.started') + 1)).toEqual(Array(40).fill('run.alive'))
  await end()
  const types = await readTypes()
  expect(types.slice(before.length)).not.toContain('run.alive')
  expect(types.at(-1)).toBe('run.completed')
  await pass(clock, 200_000)
  expect(await readTypes()).toEqual(types)
})

test('a run that works for another one leaves it to that one to say that somebody is at work', async () => {
  const { clock, end, readTypes } = await openSession({ byExpert: true })
  await pass(clock, minute)
  expect(await readTypes()).toContain('run.alive')
  expect((await readTypes({ ...key, run: 'a/ask' })).at(-1)).toBe('tool.started')
  await end()
})

test('no message that waits for its turn is waked while the one before it is worked on, and none is forgotten', async () => {
  const { log, clock, sweepNow, end } = await openSession()
  await ask(log, 'b')
  await pass(clock, 200_000)
  expect(await sweepNow()).toEqual([])
  await end()
  expect(await sweepNow()).toEqual([{ correlationId: 'b' }])
})

test('whose run was taken over while its tool works learns of it soon', async () => {
  const { log, entity, clock, end, readTypes } = await openSession()
  await log.append(run, (await log.read(run)).length, [started(2)])
  await pass(clock, 40_000)
  await end()
  expect((await readTypes()).at(-1)).toBe('run.started')
  expect(entity.logged).toEqual([expect.stringContaining('went on elsewhere')])
})

test('an executor that has failed is not alive', async () => {
  const clock = new VirtualClock()
  const log = new MemoryRunLog({ clock })
  const select = () => {
    throw new Error('There is no history.')
  }
  const compaction = { ...slidingWindow({ maxTurns: 1 }), select }
  const { entity } = createSession([], { log, clock, agent: { compaction } })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(entity.logged).toEqual([expect.stringContaining('There is no history.')])
  await pass(clock, 2 * minute)
  expect((await log.read(run)).map(({ type }) => type)).toEqual(['run.accepted', 'run.started'])
})

test('an executor that is stuck counts as alive no longer than its operation', async () => {
  const clock = new VirtualClock()
  const written: RunEvent[] = []
  const append = async (expected: number, events: readonly RunEvent[]) => {
    written.push(...events)
    return expected + events.length
  }
  const journal = new RunJournal({ events: [], append, clock })
  sayAlive(journal, clock, clock.now() + minute)
  await pass(clock, 5 * minute)
  expect(written.map(({ type }) => type)).toEqual(Array(11).fill('run.alive'))
})
