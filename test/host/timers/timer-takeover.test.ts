import { expect, test } from 'vitest'
import { createTempFolder } from '../../support/temp-folder.js'
import { pass, startTimers, stopClock, toTimer } from './kit.js'

test('of two hosts on one folder one runs the timer, and the other takes over when that stops', async () => {
  stopClock()
  const dataDir = createTempFolder()
  const timer = toTimer('a', { schedule: '*/10 * * * * *' })
  const first = await startTimers([timer], dataDir)
  const second = await startTimers([timer, toTimer('other', { schedule: '*/10 * * * * *' })], dataDir)
  await pass(10)
  expect([first, second].map(({ runs }) => runs.map(({ name }) => name))).toEqual([['a'], ['other']])

  const stopping = first.stop(60_000)
  await pass(10)
  // The run that is still under way keeps the timer from the others.
  expect(second.runs.map(({ name }) => name)).toEqual(['other'])
  await first.runs[0]?.succeed()
  await stopping
  await pass(10)
  expect(second.runs.map(({ name, at }) => `${name} ${at}`)).toEqual(['other 00:00:10', 'a 00:00:30'])
})

test('who takes over does not repeat what the other has done', async () => {
  stopClock()
  const dataDir = createTempFolder()
  const timer = toTimer('a', { schedule: '0 0 * * * *' })
  const first = await startTimers([timer], dataDir)
  const second = await startTimers([timer], dataDir)
  await pass(3600)
  const stopping = first.stop(1000)
  await first.runs[0]?.succeed()
  await stopping
  await pass(1)
  expect(second.runs).toEqual([])
  await pass(3599)
  expect(second.runs.map(({ at, input }) => [at, input.IsPastDue])).toEqual([['02:00:00', false]])
})
