import { expect, test, vi } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { fold } from '../../src/run/fold.js'
import type { RunLog } from '../../src/run/run-log.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { ask, callWork, createSession, createTool, key } from './session-kit.js'

const run = { ...key, run: 'a' }
const cutOff = new AgentError('outcome_unknown', 'The line went dead.')

/** A run of one call of a tool that is cut off the first `times`, and then gives "ok". */
async function runCutOff(onUnknownOutcome: 'retry' | 'ask' | 'fail', times = 1) {
  const keys: string[] = []
  const execute = vi.fn((_args: unknown, context: { readonly idempotencyKey: string }) => {
    if (keys.push(context.idempotencyKey) <= times) throw cutOff
    return 'ok'
  })
  const { made } = createTool({ onUnknownOutcome, execute, retry: { maxAttempts: 5 } })
  const session = createSession([callWork(1), { text: 'done' }], { tools: [made] })
  await ask(session.log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  return { ...session, execute, keys }
}

async function outcomes(log: RunLog) {
  const events = await log.read(run)
  return events.flatMap((event) => (event.type === 'tool.completed' ? [event.data] : []))
}

test('a tool that may be repeated runs again, with the same idempotency key', async () => {
  const { log, keys } = await runCutOff('retry')
  expect(await outcomes(log)).toMatchObject([{ result: 'ok' }])
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
  const attempts = (await log.read(run)).flatMap(({ type, data }) =>
    type === 'tool.started' ? [data.attempt] : [],
  )
  expect(attempts).toEqual([1, 2])
})

test('a tool that is cut off again and again is given up, and the model is told', async () => {
  const { log, execute } = await runCutOff('retry', Number.POSITIVE_INFINITY)
  expect(execute).toHaveBeenCalledTimes(3)
  expect(await outcomes(log)).toMatchObject([
    { error: 'The line went dead. Whether it took effect is unknown.' },
  ])
})

test('of any other tool a human is asked, and only then it runs again', async () => {
  const { log, entity, execute } = await runCutOff('ask')
  const [approval] = toOpenApprovals(fold(await log.read(run)))
  expect(approval).toMatchObject({ name: 'work', reason: 'unknown_outcome' })
  expect(execute).toHaveBeenCalledTimes(1)
  await log.control(run, {
    type: 'decision',
    approvalId: approval?.approvalId ?? '',
    decision: 'approve',
  })
  await entity.operate('decide', { correlationId: 'a' })
  expect(await outcomes(log)).toMatchObject([{ result: 'ok' }])
  expect(execute).toHaveBeenCalledTimes(2)
})

test('a tool that must not be repeated is not, and the model is told', async () => {
  const { log, execute } = await runCutOff('fail')
  expect(execute).toHaveBeenCalledTimes(1)
  expect(await outcomes(log)).toMatchObject([{ error: expect.stringContaining('It was not run again.') }])
})

test('whoever was overtaken meanwhile leaves the repetition to the one who goes on', async () => {
  const log = new MemoryRunLog()
  const execute = vi.fn(async () => {
    const takeOver = { epoch: 2, attempt: 2, turn: 1 }
    await log.append(run, (await log.read(run)).length, [{ type: 'run.started', data: takeOver }])
    throw cutOff
  })
  const { made } = createTool({ onUnknownOutcome: 'retry', execute })
  const { entity } = createSession([callWork(1)], { log, tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(execute).toHaveBeenCalledTimes(1)
})
