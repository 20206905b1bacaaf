import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TimerLock } from '../../../src/host/timers/timer-lock.js'
import { createDataDir, pass, startTimers, stopClock, toTimer } from './kit.js'

test('one at a time holds the lock', () => {
  const file = join(createDataDir(), 'timers', 'a.lock')
  const [first, second] = [new TimerLock(file), new TimerLock(file)]
  expect([first.tryTake(), second.tryTake(), first.tryTake()]).toEqual([true, false, true])
  first.release()
  expect([second.tryTake(), first.tryTake()]).toEqual([true, false])
  second.release()
  second.release()
})

test('a process that is killed no longer holds it', async () => {
  const file = join(createDataDir(), 'a.lock')
  const script = `const db = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(process.argv[1])
    db.exec('BEGIN EXCLUSIVE')
    console.log('taken')
    setInterval(() => db, 60_000)`
  const holder = spawn(process.execPath, ['--no-warnings', '-e', script, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(holder.stdout, 'data')
  const lock = new TimerLock(file)
  expect(lock.tryTake()).toBe(false)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(lock.tryTake()).toBe(true)
  lock.release()
})

test('a file that cannot be used is an error that names it', () => {
  const folder = join(createDataDir(), 'a.lock')
  mkdirSync(folder)
  expect(() => new TimerLock(folder).tryTake()).toThrow(`Cannot use the timer lock file '${folder}': `)
})

test('of two hosts on one folder one runs the timer, and the other takes over when that stops', async () => {
  stopClock()
  const dataDir = createDataDir()
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
  const dataDir = createDataDir()
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
