import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ProcessLock } from '../../src/host/process-lock.js'
import { createTempFolder } from '../support/temp-folder.js'

test('one at a time holds the lock', () => {
  const file = join(createTempFolder(), 'timers', 'a.lock')
  const [first, second] = [new ProcessLock(file), new ProcessLock(file)]
  expect([first.tryTake(), second.tryTake(), first.tryTake()]).toEqual([true, false, true])
  first.release()
  expect([second.tryTake(), first.tryTake()]).toEqual([true, false])
  second.release()
  second.release()
})

test('a process that is killed no longer holds it', async () => {
  const file = join(createTempFolder(), 'a.lock')
  const script = `const db = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(process.argv[1])
    db.exec('BEGIN EXCLUSIVE')
    console.log('taken')
    setInterval(() => db, 60_000)`
  const holder = spawn(process.execPath, ['--no-warnings', '-e', script, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(holder.stdout, 'data')
  const lock = new ProcessLock(file)
  expect(lock.tryTake()).toBe(false)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(lock.tryTake()).toBe(true)
  lock.release()
})

test('a file that cannot be used is an error that names it', () => {
  const folder = join(createTempFolder(), 'a.lock')
  mkdirSync(folder)
  expect(() => new ProcessLock(folder).tryTake()).toThrow(`Cannot use the lock file '${folder}': `)
})
