import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tool.js'
import type { Clock } from '../../src/core/clock.js'
import { AgentError } from '../../src/core/errors.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { conversation, ScriptedModel, TestEngine, TestSession } from '../../src/testing/index.js'

/** An app whose run log takes no events from the moment its tool runs, for so long; ms. */
async function openApp({ outageMs, retryable = true }: { outageMs: number; retryable?: boolean }) {
  let outUntil = 0
  let refusals = 0
  const agents = (clock: Clock) => {
    const work = tool({
      name: 'work',
      description: 'Works.',
      idempotent: true,
      execute: () => {
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
      throw new AgentError('store_unavailable', 'The disk is full.', { retryable })
    }
  }
  const engine: TestEngine = await TestEngine.open({ agents, log: (clock) => new FailingLog({ clock }) })
  const session = new TestSession(engine, { agent: 'Worker', session: 's' })
  const startedAt = engine.clock.now()
  await engine.run(async () => {
    expect(await session.send('Work')).toMatchObject({ text: 'Ready.' })
  })
  return { tookMs: engine.clock.now() - startedAt, refusals, operations: countOperations(engine) }
}

function countOperations({ observations }: TestEngine): number {
  return observations.boundaries.filter(({ name }) => name.startsWith('deliver')).length
}

test('a run goes on as soon as its store works again, in the same operation', async () => {
  const { tookMs, operations } = await openApp({ outageMs: 3_000 })
  expect(tookMs).toBeLessThan(5_000)
  expect(operations).toBe(1)
})

test('when that takes long, the operation ends, and the watchdog goes on', async () => {
  const { tookMs, refusals, operations } = await openApp({ outageMs: 20 * 60_000 })
  expect(tookMs).toBeGreaterThan(20 * 60_000)
  expect(tookMs).toBeLessThan(23 * 60_000)
  expect(refusals / operations).toBeLessThanOrEqual(8)
})

test('what will not pass is not waited for', async () => {
  const { tookMs, operations } = await openApp({ outageMs: 3_000, retryable: false })
  expect(tookMs).toBeGreaterThan(60_000)
  expect(operations).toBe(2)
})
