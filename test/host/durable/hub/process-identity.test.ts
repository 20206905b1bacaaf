import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isGone, readOwnIdentity } from '../../../../src/host/durable/hub/process-identity.js'

const own = readOwnIdentity()

test('a process that runs is not gone', () => {
  expect(isGone(own, own.machine)).toBe(false)
})

test('a process that has ended is gone, but only as seen from its own machine', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  const dead = { pid: child.pid ?? 0, machine: own.machine, startMarker: null }
  expect(isGone(dead, own.machine)).toBe(true)
  expect(isGone(dead, 'another machine')).toBe(false)
})

test.runIf(process.platform === 'linux')('a process whose pid another one has now is gone', () => {
  expect(isGone({ ...own, startMarker: '1' }, own.machine)).toBe(true)
})
