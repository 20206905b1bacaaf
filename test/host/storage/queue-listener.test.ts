import { beforeEach, expect, test } from 'vitest'
import { MemoryQueue, pass, startListener, stopClock } from './kit.js'

beforeEach(stopClock)

test('120. gives a message to the function, and deletes it when that has succeeded', async () => {
  const { queue, runs } = startListener('orders')
  await queue.add('{"id":"mine","n":5,"list":[1],"deep":{"a":1}}')
  await pass(1)
  expect(runs).toHaveLength(1)
  expect(runs[0]?.request).toMatchObject({
    input: { string: '{"id":"mine","n":5,"list":[1],"deep":{"a":1}}' },
    reason: "New queue message detected on 'orders'.",
  })
  expect(runs[0]?.request.triggerMetadata).toEqual({
    QueueTrigger: { string: queue.texts[0] },
    DequeueCount: { int: 1 },
    Id: { string: 'mine' },
    InsertionTime: { string: '2026-01-01T00:00:00+00:00' },
    ExpirationTime: { string: '2026-01-08T00:00:00+00:00' },
    NextVisibleTime: { string: expect.stringMatching(/^2026-01-01T00:10:00\.\d+\+00:00$/) },
    PopReceipt: { string: expect.any(String) },
    n: { string: '5' },
    deep: { json: '{"a":1}' },
  })
  expect(queue.texts).toHaveLength(1)
  await runs[0]?.succeed()
  expect(queue.texts).toEqual([])
})

test('120. moves a message that failed five times to the poison queue, with its body', async () => {
  const { queue, poisonQueue, runs, logs } = startListener('orders')
  await queue.add('{"a":1}')
  for (let count = 1; count <= 5; count += 1) {
    await pass(2)
    expect(runs.at(-1)?.request.triggerMetadata?.DequeueCount).toEqual({ int: count })
    await runs.at(-1)?.fail()
  }
  await pass(60)
  expect([runs.length, queue.texts, poisonQueue.texts]).toEqual([5, [], ['{"a":1}']])
  expect(logs).toEqual(["Message has reached MaxDequeueCount of 5. Moving message to queue 'orders-poison'."])
})

test('a failed message comes back after the visibility timeout', async () => {
  const { queue, runs } = startListener('orders', { visibilityTimeout: '00:00:30' })
  await queue.add('x')
  await pass(1)
  await runs[0]?.fail()
  await pass(28)
  expect(runs).toHaveLength(1)
  await pass(4)
  expect(runs).toHaveLength(2)
})

test('a message that others received too often goes to the poison queue without a run', async () => {
  const queue = new MemoryQueue('orders')
  await queue.add('x')
  for (let count = 0; count < 3; count += 1) await queue.receive(1, 0)
  const { poisonQueue, runs } = startListener('orders', { maxDequeueCount: 3 }, queue)
  await pass(1)
  expect([runs.length, queue.texts, poisonQueue.texts]).toEqual([0, [], ['x']])
})

test('a poison queue has none of its own: what fails there stays hidden until its ten minutes are over', async () => {
  const { queue, runs, poisonQueue } = startListener('orders-poison')
  await queue.add('x')
  await pass(1)
  await runs[0]?.fail()
  await pass(590)
  expect([runs.length, poisonQueue.messages]).toEqual([1, undefined])
  await pass(20)
  expect([runs.length, queue.texts]).toEqual([2, ['x']])
})

test('a message stays hidden for as long as its run takes', async () => {
  const { queue, runs } = startListener('orders')
  await queue.add('x')
  await pass(1)
  await pass(3600)
  expect(runs).toHaveLength(1)
  await runs[0]?.succeed()
  expect(queue.texts).toEqual([])
})

test('works on a batch and a threshold of messages at a time, and no more', async () => {
  const { queue, runs } = startListener('orders', { batchSize: 4, newBatchThreshold: 2 })
  for (let n = 0; n < 10; n += 1) await queue.add(`m${n}`)
  await pass(60)
  expect(runs.map(({ text }) => text)).toEqual(['m0', 'm1', 'm2', 'm3'])
  await runs[0]?.succeed()
  expect(runs).toHaveLength(4)
  await runs[1]?.succeed()
  await pass(0)
  expect(runs.map(({ text }) => text).slice(4)).toEqual(['m4', 'm5', 'm6', 'm7'])
})

test('polls an empty queue at growing intervals up to the longest', async () => {
  const { queue, runs } = startListener('orders', { maxPollingInterval: '00:00:02' })
  await pass(10)
  const before = queue.receives
  await pass(20)
  expect(queue.receives - before).toBe(10)
  await queue.add('x')
  await pass(2)
  expect(runs).toHaveLength(1)
})

test('waits for a queue that does not exist yet', async () => {
  const { queue, runs, logs } = startListener('orders')
  queue.messages = undefined
  await pass(60)
  await queue.add('x')
  await pass(2)
  expect([runs.length, logs]).toEqual([1, []])
})

test('says once what is wrong with the service, and goes on when it is back', async () => {
  const { queue, runs, logs } = startListener('orders')
  queue.failure = new Error('nobody there')
  await pass(60)
  expect(logs).toEqual([
    "The listener for function 'orders' was unable to read and tries again: nobody there",
  ])
  queue.failure = undefined
  await queue.add('x')
  await pass(2)
  expect(runs).toHaveLength(1)
})

test('a message that cannot be decoded counts as failed without a run', async () => {
  const { queue, poisonQueue, runs, logs } = startListener('orders', {
    messageEncoding: 'base64',
    maxDequeueCount: 2,
  })
  await queue.add('not base64!')
  await queue.add(Buffer.from('fine').toString('base64'))
  await pass(5)
  expect(runs.map(({ text }) => text)).toEqual(['fine'])
  expect(poisonQueue.texts).toEqual(['not base64!'])
  expect(logs[0]).toContain('not encoded in base64')
})

test('a stop waits for what runs and takes nothing new', async () => {
  const { listener, queue, runs } = startListener('orders')
  await queue.add('x')
  await pass(1)
  const stopping = listener.stop(10_000)
  await queue.add('y')
  await runs[0]?.succeed()
  await stopping
  await pass(60)
  expect([runs.length, queue.texts]).toEqual([1, ['y']])
})

test('a stop gives back at once what does not end in time', async () => {
  const { listener, queue, runs, poisonQueue } = startListener('orders', { maxDequeueCount: 1 })
  await queue.add('x')
  await pass(1)
  const stopping = listener.stop(5_000)
  await pass(5)
  await stopping
  expect(await queue.receive(1, 0)).toMatchObject([{ text: 'x', dequeueCount: 2 }])
  await runs[0]?.fail()
  expect([queue.texts, poisonQueue.messages]).toEqual([['x'], undefined])
})
