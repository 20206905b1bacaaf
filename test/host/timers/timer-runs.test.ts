import { beforeEach, expect, test, vi } from 'vitest'
import { pass, startTimers, stopClock, toTimer } from './kit.js'

beforeEach(stopClock)

test('118. runs when due, with no schedule status where that is more than once a minute', async () => {
  const { runs } = await startTimers([toTimer('often', { schedule: '*/2 * * * * *' })])
  await pass(1.999)
  expect(runs).toEqual([])
  await pass(0.001)
  expect(runs.map(({ at, input }) => ({ at, input }))).toEqual([
    { at: '00:00:02', input: { Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false } },
  ])
  await runs[0]?.succeed()
  await pass(2)
  expect(runs.map(({ at }) => at)).toEqual(['00:00:02', '00:00:04'])
})

test('118. runs never overlap: what was due meanwhile is made up for once, at once', async () => {
  const { runs } = await startTimers([toTimer('slow', { schedule: '*/2 * * * * *' })])
  await pass(7)
  expect(runs.map(({ at }) => at)).toEqual(['00:00:02'])
  await runs[0]?.succeed()
  await pass(0.9)
  expect(runs.map(({ at }) => at)).toEqual(['00:00:02', '00:00:07'])
  await runs[1]?.succeed()
  await pass(0.1)
  expect(runs.map(({ at, input }) => [at, input.IsPastDue])).toEqual([
    ['00:00:02', false],
    ['00:00:07', false],
    ['00:00:08', false],
  ])
})

test('timers do not wait for each other', async () => {
  const timers = [toTimer('a', { schedule: '*/2 * * * * *' }), toTimer('b', { schedule: '00:00:03' })]
  const { runs } = await startTimers(timers)
  await pass(3)
  expect(runs.map(({ name, at }) => `${name} ${at}`)).toEqual(['a 00:00:02', 'b 00:00:03'])
})

test('an interval counts from the start of a run', async () => {
  const { runs } = await startTimers([toTimer('a', { schedule: '00:00:10' })])
  await pass(14)
  await runs[0]?.succeed()
  await pass(6)
  expect(runs.map(({ at }) => at)).toEqual(['00:00:10', '00:00:20'])
})

test('an error does not stop the schedule', async () => {
  const { runs } = await startTimers([toTimer('a', { schedule: '*/5 * * * * *' })])
  await pass(5)
  await runs[0]?.fail()
  await pass(5)
  expect(runs.map(({ at }) => at)).toEqual(['00:00:05', '00:00:10'])
})

test('runOnStartup runs once at the start and then by the schedule', async () => {
  const { runs } = await startTimers([toTimer('a', { schedule: '0 0 * * * *', runOnStartup: true })])
  expect(runs).toEqual([])
  await pass(1)
  await runs[0]?.succeed()
  await pass(3599)
  expect(runs.map(({ at, input }) => [at, input.IsPastDue])).toEqual([
    ['00:00:00', false],
    ['01:00:00', false],
  ])
})

test('waits longer than a timer of Node can', async () => {
  const { runs } = await startTimers([toTimer('a', { schedule: '0 0 0 5 2 *' })])
  await pass(35 * 86_400 - 1)
  expect(runs).toEqual([])
  await pass(1)
  expect(runs.map(({ at }) => at)).toEqual(['2026-02-05T00:00:00'])
})

test('notices that the clock was put forward, as after a machine slept', async () => {
  const { runs } = await startTimers([toTimer('a', { schedule: '0 0 12 * * *' })])
  vi.setSystemTime('2026-01-01T12:30:00Z')
  await pass(60)
  expect(runs.map(({ at }) => at)).toEqual(['12:31:00'])
})

test('121. tries a failed run again as the policy says, and tells it which attempt it is', async () => {
  const retry = { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 10 } }
  const { runs } = await startTimers([toTimer('a', { schedule: '0 0 * * * *' }, retry)])
  await pass(3600)
  await runs[0]?.fail('first')
  await pass(10)
  await runs[1]?.fail('second')
  await pass(10)
  await runs[2]?.fail('third')
  await pass(3580)
  const context = (retryCount: number, message: string) => ({
    retryCount,
    maxRetryCount: 2,
    exception: { source: '', message, stackTrace: 'at app.js:1' },
  })
  expect(runs.map(({ at, retryContext }) => ({ at, retryContext }))).toEqual([
    { at: '01:00:00', retryContext: { retryCount: 0, maxRetryCount: 2 } },
    { at: '01:00:10', retryContext: context(1, 'first') },
    { at: '01:00:20', retryContext: context(2, 'second') },
    { at: '02:00:00', retryContext: { retryCount: 0, maxRetryCount: 2 } },
  ])
})

test('121. retries end with the first success, and none is due meanwhile', async () => {
  const retry = { strategy: 'fixedDelay', maxRetryCount: -1, delayInterval: { seconds: 3 } }
  const { runs } = await startTimers([toTimer('a', { schedule: '*/2 * * * * *' }, retry)])
  await pass(2)
  await runs[0]?.fail()
  await pass(3)
  await runs[1]?.succeed()
  await pass(0.5)
  expect(runs.map(({ at, retryContext }) => [at, retryContext?.maxRetryCount])).toEqual([
    ['00:00:02', -1],
    ['00:00:05', -1],
    ['00:00:05', -1],
  ])
})

test('a stop waits for what runs, and begins nothing more', async () => {
  const { runs, stop } = await startTimers([toTimer('a', { schedule: '* * * * * *' })])
  await pass(1)
  const ended: string[] = []
  const stopping = stop(5000).then(() => ended.push('stopped'))
  await pass(4)
  expect(ended).toEqual([])
  await runs[0]?.succeed()
  await stopping
  await pass(10)
  expect(runs).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a stop does not wait for longer than it may, nor for retries', async () => {
  const retry = { strategy: 'fixedDelay', maxRetryCount: 1, delayInterval: { seconds: 60 } }
  const timers = [
    toTimer('hangs', { schedule: '00:00:01' }),
    toTimer('fails', { schedule: '00:00:01' }, retry),
  ]
  const { runs, stop } = await startTimers(timers)
  await pass(1)
  await runs[1]?.fail()
  const stopping = stop(5000)
  await pass(5)
  await stopping
  await pass(60)
  expect(runs.map(({ name }) => name)).toEqual(['hangs', 'fails'])
  expect(vi.getTimerCount()).toBe(0)
})

test.each([
  [{}, 'A timer trigger needs a schedule'],
  [{ schedule: '99 * * * * *' }, "The schedule expression '99 * * * * *' was not recognized"],
])('refuses the trigger %j', async (options, message) => {
  const { extension } = await startTimers([])
  expect(() => extension.check?.(toTimer('a', options))).toThrow(message)
  expect(() => extension.check?.({ ...toTimer('a', options), trigger: { ...queue } })).not.toThrow()
})

const queue = { type: 'queueTrigger', name: 'queue', direction: 'in' }
