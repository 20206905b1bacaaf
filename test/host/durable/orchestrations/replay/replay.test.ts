import * as df from 'durable-functions'
import { expect, test } from 'vitest'
import { completed, failed, fired, raised, startFlow, type TestFlow } from './replay-kit.js'

const day = 24 * 3600 * 1000
const later = (context: df.OrchestrationContext, ms: number) =>
  new Date(context.df.currentUtcDateTime.getTime() + ms)

const open = (flow: TestFlow) =>
  [...flow.open.values()].map(({ kind, number }) => `${number} ${kind}`).join(', ')

test('numbers follow the order of yields, children from left to right, signals included', async () => {
  const flow = await startFlow(function* (context) {
    const { df: it } = context
    it.signalEntity(new df.EntityId('e', 'k'), 'op')
    yield it.Task.all([
      it.callActivity('a', 1),
      it.Task.any([it.waitForExternalEvent('go'), it.createTimer(later(context, 1000))]),
      it.callSubOrchestrator('s'),
    ])
    it.signalEntity(new df.EntityId('e', 'k'), 'op')
    yield it.callEntity(new df.EntityId('e', 'k'), 'op')
  })
  expect(open(flow)).toBe('0 signal, 1 activity, 2 timer, 3 subOrchestration')
  await flow.handle(completed(1, 'x'), raised('go', 1))
  expect(open(flow)).toBe('0 signal, 2 timer, 3 subOrchestration')
  await flow.handle(completed(3, 'y'))
  expect(open(flow)).toBe('0 signal, 2 timer, 4 signal, 5 call')
})

test('110. a timer of ten days is waited for in legs that end exactly then', async () => {
  const flow = await startFlow(function* (context) {
    const until = later(context, 10 * day)
    yield context.df.createTimer(until)
    return [until.toISOString(), context.df.currentUtcDateTime.toISOString()]
  })
  const legs: number[] = []
  for (let leg = 0; leg < 5 && !flow.isOver; leg += 1) {
    const [timer] = flow.open.values()
    if (timer?.kind !== 'timer') throw new Error(`No timer is open, but: ${open(flow)}.`)
    legs.push((timer.fireAt - flow.now) / day)
    flow.now = timer.fireAt
    await flow.handle(fired(timer.number))
  }
  expect(legs).toEqual([3, 3, 4])
  const [planned, seen] = JSON.parse(flow.answer.output ?? '') as [string, string]
  expect(seen).toBe(planned)
})

test('pauses between retries grow, have a longest length, and the last one is none at all', async () => {
  const options = Object.assign(new df.RetryOptions(1000, 5), {
    backoffCoefficient: 3,
    maxRetryIntervalInMilliseconds: 5000,
  })
  const flow = await startFlow(function* (context) {
    yield context.df.callActivityWithRetry('a', options)
  })
  const pauses: number[] = []
  for (let attempt = 0; attempt < 10; attempt += 2) {
    const [timer] = await flow.handle(failed(attempt, 'no'))
    if (timer?.kind !== 'timer') throw new Error('Nothing is waited for.')
    pauses.push(timer.fireAt - flow.now)
    flow.now = timer.fireAt
    await flow.handle(fired(timer.number))
  }
  expect(pauses).toEqual([1000, 3000, 5000, 5000, 0])
  expect(flow.isOver).toBe(true)
  expect(flow.answer.failure?.message).toMatch(/^no/)
})

test('pauses between retries are whole milliseconds, as the hub keeps no others', async () => {
  const options = Object.assign(new df.RetryOptions(10, 4), { backoffCoefficient: 1.5 })
  const flow = await startFlow(function* (context) {
    yield context.df.callActivityWithRetry('a', options)
  })
  const pauses: number[] = []
  for (let attempt = 0; attempt < 6; attempt += 2) {
    const [timer] = await flow.handle(failed(attempt, 'no'))
    if (timer?.kind !== 'timer') throw new Error('Nothing is waited for.')
    pauses.push(timer.fireAt - flow.now)
    flow.now = timer.fireAt
    await flow.handle(fired(timer.number))
  }
  expect(pauses).toEqual([10, 15, 23])
})

test('retries that ran out of time are never heard of again, which is told', async () => {
  const options = Object.assign(new df.RetryOptions(1000, 5), { retryTimeoutInMilliseconds: 500 })
  const flow = await startFlow(function* (context) {
    yield context.df.callActivityWithRetry('a', options)
  })
  flow.now += 600
  expect(await flow.handle(failed(0, 'no'))).toEqual([])
  expect(flow.replayed.warnings).toEqual([expect.stringContaining('retryTimeoutInMilliseconds')])
})

test('an event that came early decides a race at once', async () => {
  const flow = await startFlow(function* (context) {
    yield context.df.callActivity('first')
    yield context.df.Task.any([context.df.waitForExternalEvent('go'), context.df.callActivity('rival')])
    yield context.df.callActivity('next')
  })
  await flow.handle(raised('go', 1))
  await flow.handle(completed(0, 'x'))
  expect(open(flow)).toBe('1 activity, 2 activity')
})

test('a cancelled timer is not waited for', async () => {
  const flow = await startFlow(function* (context) {
    const timer = context.df.createTimer(later(context, day))
    yield context.df.Task.any([context.df.waitForExternalEvent('go'), timer])
    timer.cancel()
  })
  expect(open(flow)).toBe('0 timer')
  await flow.handle(raised('go', 1))
  expect(flow.replayed.canceledTimers).toEqual([0])
  expect(flow.isOver).toBe(true)
})

test('an end of the orchestrator is not yet the end while a task of it is open', async () => {
  const flow = await startFlow(function* (context) {
    const slow = context.df.callActivity('slow')
    yield context.df.Task.any([slow, context.df.callActivity('fast')])
  })
  await flow.handle(completed(1, 'x'))
  expect([flow.answer.isDone, flow.isOver]).toEqual([true, false])
  await flow.handle(completed(0, 'x'))
  expect(flow.isOver).toBe(true)
})

test('an event that may still be wanted is not handed on to the next execution', async () => {
  const flow = await startFlow(function* (context) {
    const event = context.df.waitForExternalEvent('go')
    yield context.df.Task.any([event, context.df.createTimer(later(context, 1))])
    const data = yield event
    context.df.continueAsNew({ data })
  })
  await flow.handle(fired(0), raised('go', 1))
  expect(flow.replayed.next).toEqual({ input: '{"data":1}' })
  expect(flow.left).toEqual([])
  expect(flow.history.filter(({ name }) => name === 'go')).toHaveLength(1)
})

test('of several events of a batch only those that were read belong to the execution that ends', async () => {
  const flow = await startFlow(function* (context) {
    const data = yield context.df.waitForExternalEvent('go')
    context.df.continueAsNew({ data })
  })
  await flow.handle(raised('go', 1), raised('go', 2), raised('go', 3))
  expect(flow.replayed.next).toEqual({ input: '{"data":1}' })
  expect(flow.left.map(({ event }) => (JSON.parse(event) as { Input: string }).Input)).toEqual(['2', '3'])
})

test.each([
  ['another activity', () => 'b'],
  ['nothing at all', () => undefined],
])('a history of one activity and code that asks for %s is non-deterministic', async (_, next) => {
  let name: string | undefined = 'a'
  const flow = await startFlow(function* (context) {
    if (name !== undefined) yield context.df.callActivity(name)
  })
  name = next()
  await expect(flow.handle(completed(0, 1))).rejects.toThrow(/^Non-Deterministic workflow detected: /)
})
