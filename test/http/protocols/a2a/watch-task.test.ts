import { expect, test } from 'vitest'
import type { PushWebhook } from '../../../../src/http/protocols/a2a/push-webhook.js'
import {
  toMessageWish,
  toWish,
  unwatchTask,
  watchTask,
} from '../../../../src/http/protocols/a2a/watch-task.js'
import type { Call } from '../../../../src/http/route.js'
import { sealHeaders } from '../../../../src/http/webhooks/sealed-headers.js'
import { MemoryRunLog } from '../../../../src/log/memory-run-log.js'
import { toWishedWebhooks } from '../../../../src/run/control.js'
import { request } from '../../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'm' }
const secrets = [1, 2].map((fill) => Buffer.alloc(32, fill))

/** A task, and what its clients can wish of it. */
async function createTask() {
  const log = new MemoryRunLog()
  await log.create(key, request())
  const call = { log, settings: { webhooks: { keys: secrets, callerHosts: ['a'] } } } as unknown as Call
  return {
    log,
    call,
    watch: (id: string, url?: string, token?: string) => watchTask(call, key, toWish(push(id, url, token))),
    ids: async () => [...toWishedWebhooks(await log.controls(key)).keys()],
  }
}

function push(id: string, url = 'https://a/', token = 'secret'): PushWebhook {
  const headers = sealHeaders({ 'x-a2a-notification-token': token }, secrets)
  return { id, webhook: { url, form: 'a2a-1.0', headers } }
}

test('a webhook that is named again is filed only when anything of it has changed', async () => {
  const { log, watch } = await createTask()
  const counts: number[] = []
  const steps = [
    ['https://a/'],
    ['https://a/'],
    ['https://a/b'],
    ['https://a/b', 'new'],
    ['https://a/b', 'new'],
  ]
  for (const [url, token] of steps) {
    await watch('one', url, token)
    counts.push((await log.controls(key)).length)
  }
  expect(counts).toEqual([1, 1, 2, 3, 3])
})

test('a message that is sent again does not name its webhook anew, even where that is told no more', async () => {
  const { call, log, ids } = await createTask()
  const send = (id: string) => watchTask(call, key, toMessageWish('m', push(id)))
  await Promise.all([send('one'), send('one'), send('two')])
  expect(await log.controls(key)).toHaveLength(1)
  await unwatchTask(call, key, 'one')
  await send('one')
  expect(await ids()).toEqual([])
})

test('a webhook that is unknown is not forgotten twice', async () => {
  const { call, log, watch, ids } = await createTask()
  await watch('one')
  for (const _time of [1, 2]) await unwatchTask(call, key, 'one')
  await unwatchTask(call, key, 'two')
  expect(await log.controls(key)).toHaveLength(2)
  expect(await ids()).toEqual([])
})

test('ten webhooks are told of a task, and changed a hundred times', async () => {
  const { watch, ids } = await createTask()
  for (let index = 0; index < 10; index += 1) await watch(`${index}`)
  await expect(watch('10')).rejects.toThrow('one too many')
  for (let index = 0; index < 90; index += 1) await watch('0', `https://a/${index}`)
  await expect(watch('0')).rejects.toThrow('one too many')
  await watch('1')
  expect(await ids()).toHaveLength(10)
})

test('a webhook can be named anew when the secret is gone by which it was sealed', async () => {
  const { log, call, watch } = await createTask()
  await watch('one')
  const webhooks = { keys: [Buffer.alloc(32, 9)], callerHosts: ['a'] }
  await watchTask({ ...call, settings: { webhooks } } as unknown as Call, key, toWish(push('one')))
  expect(await log.controls(key)).toHaveLength(2)
})
