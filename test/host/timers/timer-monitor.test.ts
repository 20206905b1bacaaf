import { mkdirSync, rmSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { createTempFolder } from '../../support/temp-folder.js'
import { openStatus, pass, startTimers, stopClock, toTimer } from './kit.js'

beforeEach(stopClock)

const hourly = toTimer('Hourly', { schedule: '0 0 * * * *' })
const never = '0001-01-01T00:00:00+00:00'

/** Lets one host run `timer` at 01:00 and end; its folder. */
async function runOnce(timer = hourly): Promise<string> {
  const dataDir = createTempFolder()
  const { runs, stop } = await startTimers([timer], dataDir)
  await pass(3600)
  await runs[0]?.succeed()
  await stop()
  return dataDir
}

test('tells a run of the one before it, in the time zone of the schedule', async () => {
  const { runs } = await startTimers([hourly])
  await pass(3600)
  await runs[0]?.succeed()
  await pass(3600)
  expect(runs.map(({ input }) => input.ScheduleStatus)).toEqual([
    { Last: never, Next: '2026-01-01T01:00:00+00:00', LastUpdated: '2026-01-01T00:00:00+00:00' },
    {
      Last: '2026-01-01T01:00:00+00:00',
      Next: '2026-01-01T02:00:00+00:00',
      LastUpdated: '2026-01-01T01:00:00+00:00',
    },
  ])
})

test('119. makes up once for what was due while no host ran', async () => {
  const dataDir = await runOnce()
  await pass(3 * 3600 + 60)
  const { runs } = await startTimers([hourly], dataDir)
  await pass(1)
  await runs[0]?.succeed()
  await pass(3600)
  expect(runs.map(({ at, input }) => [at, input.IsPastDue, input.ScheduleStatus?.Next])).toEqual([
    ['04:01:00', true, '2026-01-01T02:00:00+00:00'],
    ['05:00:00', false, '2026-01-01T05:00:00+00:00'],
  ])
})

test('a restart before the next time changes nothing', async () => {
  const dataDir = await runOnce()
  await pass(60)
  const { runs } = await startTimers([hourly], dataDir)
  await pass(3539)
  expect(runs).toEqual([])
  await pass(1)
  expect(runs.map(({ at, input }) => [at, input.IsPastDue])).toEqual([['02:00:00', false]])
})

test.each([
  ['useMonitor is false', toTimer('x', { schedule: '0 0 * * * *', useMonitor: false })],
  ['useMonitor comes from a setting', toTimer('x', { schedule: '0 0 * * * *', useMonitor: 'False' })],
  ['it is due more than once a minute', toTimer('x', { schedule: '00:00:50', useMonitor: true })],
])('remembers nothing when %s', async (_, timer) => {
  const dataDir = createTempFolder()
  const first = await startTimers([timer], dataDir)
  await pass(3600)
  await first.stop()
  expect(() => openStatus(dataDir, 'x').read()).toThrow('ENOENT')
  await pass(2 * 3600)
  const { runs } = await startTimers([timer], dataDir)
  await pass(49)
  expect(runs).toEqual([])
})

test('a run that is past due takes the place of the one on startup', async () => {
  const timer = toTimer('hourly', { schedule: '0 0 * * * *', runOnStartup: true })
  const dataDir = await runOnce()
  await pass(3601)
  const { runs } = await startTimers([timer], dataDir)
  await pass(1)
  await runs[0]?.succeed()
  await pass(60)
  expect(runs.map(({ input }) => input.IsPastDue)).toEqual([true])
})

test('a schedule that has changed is not past due, and counts from the last run', async () => {
  const dataDir = await runOnce()
  await pass(4 * 3600)
  const { runs } = await startTimers([toTimer('hourly', { schedule: '0 30 * * * *' })], dataDir)
  await pass(1799)
  expect(runs).toEqual([])
  await pass(1)
  expect(runs.map(({ at, input }) => [at, input.ScheduleStatus?.Last])).toEqual([['05:30:00', never]])

  const everyDay = createTempFolder()
  const first = await startTimers([toTimer('long', { schedule: '2.00:00:00' })], everyDay)
  await pass(10)
  await first.stop()
  const second = await startTimers([toTimer('long', { schedule: '00:01:00' })], everyDay)
  await pass(50)
  expect(second.runs).toHaveLength(1)
})

test.each(['', '{', '[]', '{"next":"soon","lastUpdated":"2026-01-01"}'])(
  'a status that cannot be read (%j) counts as none',
  async (text) => {
    const dataDir = await runOnce()
    openStatus(dataDir, 'hourly').write(text)
    await pass(2 * 3600)
    const { runs } = await startTimers([hourly], dataDir)
    await pass(3600)
    expect(runs.map(({ at, input }) => [at, input.IsPastDue])).toEqual([['04:00:00', false]])
  },
)

test('a run that a crash or a stop cuts off is made up for', async () => {
  const retry = { strategy: 'fixedDelay', maxRetryCount: 5, delayInterval: { seconds: 60 } }
  const timer = toTimer('hourly', { schedule: '0 0 * * * *' }, retry)
  const dataDir = createTempFolder()
  const first = await startTimers([timer], dataDir)
  await pass(3600)
  await first.runs[0]?.fail()
  await first.stop(1000)
  await pass(1)
  const { runs } = await startTimers([timer], dataDir)
  await pass(1)
  expect(runs.map(({ input, retryContext }) => [input.IsPastDue, retryContext?.retryCount])).toEqual([
    [true, 0],
  ])
})

test('a run by hand gets the schedule status and does not change it', async () => {
  const dataDir = await runOnce()
  const { extension } = await startTimers([], dataDir)
  const before = openStatus(dataDir, 'hourly').read()
  const input = extension.toManualInput?.(hourly, 'ignored')
  expect(JSON.parse(input !== undefined && 'json' in input ? input.json : '')).toEqual({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: {
      Last: '2026-01-01T01:00:00+00:00',
      Next: '2026-01-01T02:00:00+00:00',
      LastUpdated: '2026-01-01T01:00:00+00:00',
    },
    IsPastDue: false,
  })
  expect(openStatus(dataDir, 'hourly').read()).toEqual(before)
})

test('a status that cannot be written does not stop the schedule', async () => {
  const dataDir = createTempFolder()
  const { runs, logs } = await startTimers([hourly], dataDir)
  rmSync(`${dataDir}/timers/hourly.json`)
  mkdirSync(`${dataDir}/timers/hourly.json`)
  await pass(3600)
  await runs[0]?.succeed()
  await pass(3600)
  expect(runs.map(({ at }) => at)).toEqual(['01:00:00', '02:00:00'])
  expect(logs).toContainEqual(
    expect.stringMatching(/status of function 'Hourly' could not be written: EISDIR/),
  )
})
