import { expect, test } from 'vitest'
import { HostLease } from '../../../../src/host/durable/hub/host-lease.js'
import type { TaskHub } from '../../../../src/host/durable/hub/task-hub.js'

test('a process ends although the disk is full', async () => {
  const said: string[] = []
  const hub = { run: () => Promise.reject(new Error('database or disk is full')) } as unknown as TaskHub
  const identity = { pid: process.pid, machine: 'here', startMarker: null }
  const log = (level: string, message: string) => void said.push(`${level}: ${message}`)
  await new HostLease({ hub, identity, leaseMs: 5000, now: Date.now, log }).end()
  expect(said).toEqual(['warning: The task hub does not know that this host ends: database or disk is full'])
})
