import { expect, onTestFinished, test } from 'vitest'
import { TaskHub } from '../../../../src/host/durable/hub/task-hub.js'
import { readEpisodeBatch } from '../../../../src/host/durable/orchestrations/episode-batch.js'
import { HistoryCache } from '../../../../src/host/durable/orchestrations/history/history-cache.js'
import { eventTypes, toEventText } from '../../../../src/host/durable/orchestrations/history/history-event.js'
import { postEvent } from '../../../../src/host/durable/orchestrations/notify-instance.js'
import { startInstance } from '../../../../src/host/durable/orchestrations/start-instance.js'
import type { Outbox } from '../../../../src/host/durable/work/work-queue.js'
import { createTempFolder } from '../../../support/temp-folder.js'

type Status = 'Running' | 'Suspended' | 'Completed'

/** A hub with one orchestration `i`, to which a test posts; texts such as `go@5` are events raised at that time. */
async function openFlow(status: Status = 'Running') {
  const hub = TaskHub.open(createTempFolder(), 'TestHub')
  onTestFinished(() => hub.close())
  const outbox: Outbox = { post: (message) => void hub.post(message, 0), took: () => undefined }
  const histories = new HistoryCache(hub.instances)
  const instance = { id: 'i', name: 'f', version: '', input: null, parent: null }
  await hub.run(() => {
    startInstance(hub, outbox, instance, 0)
    hub.dropAllMessages('i')
    const started = hub.instances.read('i')
    if (started) hub.instances.write({ ...started, status })
  })
  const send = (
    type: number,
    at: number,
    fields: object,
    more: { visibleAt?: number; execution?: string } = {},
  ) =>
    hub.run(() =>
      postEvent(
        outbox,
        { id: 'i', name: 'f' },
        { event: toEventText({ type, at, fields: { ...fields } }), ...more },
      ),
    )
  return {
    hub,
    raise: (name: string, at: number, execution?: string) =>
      send(eventTypes.eventRaised, at, { Name: name }, execution === undefined ? {} : { execution }),
    fire: (TimerId: number, visibleAt: number) =>
      send(eventTypes.timerFired, visibleAt, { TimerId, Name: `timer ${TimerId}` }, { visibleAt }),
    send: (type: number) => send(type, 0, {}),
    read: (now: number) => {
      const batch = readEpisodeBatch(hub, histories, 'i', now)
      if (batch.kind === 'episode') return batch.messages.map(({ row }) => row.name || row.type).join(', ')
      return batch.kind
    },
  }
}

test('events keep their order, timers stand where they were due, and those of the future are not there', async () => {
  const { raise, fire, read } = await openFlow()
  await fire(1, 40)
  await raise('a', 10)
  await fire(2, 20)
  await raise('b', 30)
  await raise('c', 25)
  await fire(3, 15)
  expect(read(50)).toBe('a, timer 3, timer 2, b, c, timer 1')
  expect(read(30)).toBe('a, timer 3, timer 2, b, c')
})

test('a start comes before everything that was there earlier', async () => {
  const { raise, send, read } = await openFlow()
  await raise('a', 10)
  await send(eventTypes.executionStarted)
  expect(read(50)).toBe(`${eventTypes.executionStarted}, a`)
})

test('what is meant for another execution is left out', async () => {
  const { raise, read } = await openFlow()
  await raise('old', 10, 'earlier')
  expect(read(50)).toBe('void')
  await raise('new', 10)
  expect(read(50)).toBe('new')
})

test('a suspension waits for what came before it, and then stands alone', async () => {
  const { hub, raise, send, read } = await openFlow()
  await raise('a', 10)
  await send(eventTypes.executionSuspended)
  await raise('b', 20)
  expect(read(50)).toBe('a')
  await hub.run(() => hub.consumeMessages('i', hub.readMessages('i', 50).slice(0, 1)))
  expect(read(50)).toBe('suspend')
})

test('while it is suspended only a resume or a termination is handled', async () => {
  const { raise, send, read } = await openFlow('Suspended')
  await raise('a', 10)
  expect(read(50)).toBe('suspended')
  await send(eventTypes.executionResumed)
  expect(read(50)).toBe('resume')
  await send(eventTypes.executionTerminated)
  expect(read(50)).toBe(`a, ${eventTypes.executionResumed}, ${eventTypes.executionTerminated}`)
})

test('what came and what was due while it was suspended is handled in that order', async () => {
  const { hub, raise, fire, read } = await openFlow()
  await fire(1, 20)
  await raise('a', 10)
  await raise('b', 30)
  await hub.run(() => hub.park('i', 50))
  expect(read(50)).toBe('void')
  await hub.run(() => hub.unpark('i'))
  expect(read(60)).toBe('a, timer 1, b')
})

test('an orchestration that is over handles nothing', async () => {
  const { raise, read } = await openFlow('Completed')
  await raise('a', 10)
  expect(read(50)).toBe('void')
})
