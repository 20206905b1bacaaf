import { expect, test } from 'vitest'
import { createPushConfig } from '../../../../src/http/protocols/a2a/push-methods.js'
import type { RpcCall } from '../../../../src/http/protocols/a2a/rpc-call.js'
import { toTaskId } from '../../../../src/http/protocols/a2a/task-id.js'
import { MemoryRunLog } from '../../../../src/log/memory-run-log.js'
import { completed, request, started, store } from '../../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'm' }

/** Names a webhook of a task to which something happens before it is looked at again. */
async function create(meanwhile: (log: MemoryRunLog) => Promise<unknown>, log = new MemoryRunLog()) {
  await log.create(key, request())
  await log.append(key, 1, [started(1)])
  const signals: string[] = []
  let looks = 0
  const sessions = {
    requireSession: async () => {},
    readRun: async () => {
      if (looks++ === 1) await meanwhile(log)
      return log.read(key)
    },
    signal: async (_key: unknown, operation: string) => signals.push(operation),
    settle: async () => {},
  }
  const webhooks = { keys: [Buffer.alloc(32, 1)], callerHosts: ['a'] }
  const rpc = {
    agent: { name: 'A' },
    version: '1.0',
    params: { taskId: toTaskId(key), url: 'https://a/' },
    call: { log, sessions, settings: { webhooks } },
  }
  return createPushConfig(rpc as unknown as RpcCall).then(
    () => signals,
    (error: unknown) => error,
  )
}

test('who may have been too late to be told of the end is told so', async () => {
  const end = (log: MemoryRunLog) => log.append(key, 2, [completed('Done')])
  expect(await create(end)).toMatchObject({ reason: 'UNSUPPORTED_OPERATION' })
})

test('nobody is to be told of a task that has ended before', async () => {
  const log = new MemoryRunLog()
  const readLog = log.read.bind(log)
  log.read = async (of) => [...(await readLog(of)), ...store([completed('Done')])]
  expect(await create(async () => {}, log)).toMatchObject({ reason: 'UNSUPPORTED_OPERATION' })
  expect(await log.controls(key)).toEqual([])
})

test('who comes just when a task has begun to wait is told that it waits', async () => {
  const park = (log: MemoryRunLog) =>
    log.append(key, 2, [{ type: 'run.parked', data: { reason: 'approval' } }])
  expect(await create(park)).toEqual(['continue'])
  expect(await create(async () => {})).toEqual([])
})
