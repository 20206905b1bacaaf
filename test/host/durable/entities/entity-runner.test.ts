import { expect, test, vi } from 'vitest'
import { WriteAheadLog } from '../../../../src/core/write-ahead-log.js'
import { toReleaseMessage } from '../../../../src/host/durable/entities/entity-lock.js'
import type { Message } from '../../../../src/host/durable/hub/hub-message.js'
import { TaskHub } from '../../../../src/host/durable/hub/task-hub.js'
import { createGate } from '../../../support/gate.js'
import { startTestProcess } from '../dispatcher-kit.js'
import { until } from '../kit.js'

test('an operation starts as soon as its message is stored, without a poll', async () => {
  const { signal, calls } = await startTestProcess()
  await signal('k', 'a')
  expect(calls.map(({ operations }) => operations)).toEqual(['a'])
})

test('an operation does not wait for the disk, but its sender is told only when the message is on it', async () => {
  const { signal, nextCall } = await startTestProcess()
  const disk = createGate()
  const flush = vi.spyOn(WriteAheadLog.prototype, 'flush').mockReturnValueOnce(disk.opened)
  const told: string[] = []
  const sent = signal('k', 'a').then(() => told.push('sent'))
  expect((await nextCall()).operations).toBe('a')
  expect([flush.mock.calls.length, told]).toEqual([1, []])
  disk.open()
  await sent
})

test('what arrives during a batch is the next batch, from the state that the first one left', async () => {
  const { signal, nextCall, calls } = await startTestProcess()
  await signal('k', 'a')
  const first = await nextCall()
  await signal('k', 'b')
  await signal('k', 'c')
  expect(calls).toHaveLength(1)
  expect(first.trigger).toMatchObject({ exists: false, state: null })
  first.succeed({ state: '1' })
  const second = await nextCall()
  expect(second.operations).toBe('b c')
  expect(second.trigger).toMatchObject({ exists: true, state: '1' })
})

test('a batch is no larger than the limit, and the rest follows in order', async () => {
  const { signal, nextCall } = await startTestProcess({ maxBatchSize: 2 })
  await signal('k', 'a')
  const first = await nextCall()
  for (const operation of ['b', 'c', 'd']) await signal('k', operation)
  first.succeed()
  const second = await nextCall()
  expect(second.operations).toBe('b c')
  second.succeed()
  expect((await nextCall()).operations).toBe('d')
})

test('signals of one turn to one entity make one batch after the first', async () => {
  const { signal, nextCall } = await startTestProcess()
  await Promise.all(['a', 'b', 'c'].map((operation) => signal('k', operation)))
  const first = await nextCall()
  first.succeed()
  expect([first.operations, (await nextCall()).operations].join(' ')).toBe('a b c')
})

test('a signal that arrives with the commit of the last batch is not forgotten', async () => {
  const { signal, nextCall } = await startTestProcess()
  await signal('k', 'a')
  const first = await nextCall()
  first.succeed()
  // Two turns of promises later the commit waits in the same disk flush as this signal.
  await Promise.resolve()
  await signal('k', 'b')
  expect((await nextCall()).operations).toBe('b')
})

test('no more entities run at a time than the gate lets in, and none waits for ever', async () => {
  const { signal, nextCall, calls } = await startTestProcess({ maxConcurrent: 2 })
  for (const key of ['a', 'b', 'c', 'd']) await signal(key, 'x')
  expect(calls).toHaveLength(2)
  const order: string[] = []
  for (let running = 1; running <= 4; running += 1) {
    const call = await nextCall()
    order.push(call.key)
    expect(calls.length - running).toBeLessThan(2)
    call.succeed()
  }
  expect(order.sort()).toEqual(['a', 'b', 'c', 'd'])
})

test('with every slot taken a busy entity queues up behind those that wait', async () => {
  const clock = { now: 1_000_000 }
  const { signal, nextCall } = await startTestProcess({ maxConcurrent: 1, maxBatchSize: 1, clock })
  await signal('busy', '1')
  await signal('busy', '2')
  await signal('busy', '3')
  const first = await nextCall()
  clock.now += 1
  await signal('other', 'x')
  clock.now += 1
  first.succeed()
  const second = await nextCall()
  expect(second.key).toBe('other')
  second.succeed()
  const third = await nextCall()
  expect(`${third.key} ${third.operations}`).toBe('busy 2')
  third.succeed()
  expect((await nextCall()).operations).toBe('3')
})

test('signals of an entity leave with its commit, in order, and reach a free entity at once', async () => {
  const { signal, nextCall, calls } = await startTestProcess({ names: ['e', 'f'] })
  await signal('k', 'a')
  const first = await nextCall()
  expect(calls).toHaveLength(1)
  first.succeed({ signals: ['f/x/1', 'F/y/2', 'f/x/3'] })
  const second = await nextCall()
  const third = await nextCall()
  expect(`${second.key} ${second.operations}`).toBe('x 1 3')
  expect(`${third.key} ${third.operations}`).toBe('y 2')
})

test('84. a signal to itself is handled in a later batch, behind what was there before', async () => {
  const { signal, nextCall } = await startTestProcess()
  await signal('k', 'a')
  const first = await nextCall()
  await signal('k', 'b')
  first.succeed({ state: '1', signals: ['e/k/self'] })
  const second = await nextCall()
  expect(second.operations).toBe('b self')
  expect(second.trigger.state).toBe('1')
})

test('83. when time runs out the operations are gone, the state is as before and no signals leave', async () => {
  const { signal, nextCall, calls, hub, logs, settled } = await startTestProcess()
  await signal('k', 'a')
  ;(await nextCall()).succeed({ state: '"before"' })
  await settled()
  await signal('k', 'b')
  ;(await nextCall()).fail({ timedOut: true })
  await settled()
  await signal('k', 'c')
  const last = await nextCall()
  expect(last.operations).toBe('c')
  expect(last.trigger.state).toBe('"before"')
  expect(hub.entities.read('@e@k').state).toBe('"before"')
  expect(calls).toHaveLength(3)
  expect(logs.join()).toMatch(/@e@k: timed out/)
})

test.each([
  ['throws', (call: { fail(): void }) => call.fail()],
  ['answers too few operations', (call: { succeed(answer: object): void }) => call.succeed({ results: [] })],
])('a batch whose function %s runs again, later each time', async (_, breakIt) => {
  const clock = { now: 1_000_000 }
  const { signal, nextCall, calls, watch, settled, hub, logs } = await startTestProcess({ clock })
  await signal('k', 'a')
  for (const waitMs of [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
    const failing = await nextCall()
    expect(failing.operations).toContain('a')
    breakIt(failing as never)
    await settled()
    expect(logs.at(-1)).toContain(`again in ${waitMs} ms`)
    await signal('k', 'more')
    clock.now += waitMs - 1
    await watch.look()
    expect(calls.at(-1)).toBe(failing)
    clock.now += 1
    await watch.look()
  }
  const last = await nextCall()
  expect(hub.entities.read('@e@k').exists).toBe(false)
  await signal('k', 'b')
  last.succeed({ state: '1' })
  await settled()
  expect(hub.entities.read('@e@k').state).toBe('1')
  breakIt((await nextCall()) as never)
  await settled()
  expect(logs.at(-1)).toContain('again in 100 ms')
})

test('a message for an entity that waits out a failure does not wake it early, also when every slot is taken', async () => {
  const clock = { now: 1_000_000 }
  const { signal, nextCall, calls, settled, watch } = await startTestProcess({ clock, maxConcurrent: 1 })
  await signal('k', 'a')
  ;(await nextCall()).fail()
  await settled()
  await signal('other', 'x')
  const other = await nextCall()
  await signal('k', 'b')
  other.succeed()
  await settled()
  clock.now += 99
  await watch.look()
  expect(calls).toHaveLength(2)
  clock.now += 1
  await watch.look()
  expect((await nextCall()).operations).toBe('a b')
})

test('an operation that fails does not keep the batch from its commit, but is logged', async () => {
  const { signal, nextCall, settled, hub, logs } = await startTestProcess()
  await signal('k', 'bad')
  ;(await nextCall()).succeed({ state: '5', results: [{ isError: true, result: '"why"' }] })
  await settled()
  expect(hub.entities.read('@e@k').state).toBe('5')
  expect(logs).toEqual([`@e@k: Error in operation 'bad': "why"`])
})

test('a signal to a function that the app does not have is kept and reported once', async () => {
  const first = await startTestProcess()
  await first.signal('k', 'a')
  ;(await first.nextCall()).succeed({ signals: ['gone/x/1', 'gone/x/2'] })
  await first.settled()
  await first.watch.look()
  expect(first.logs.filter((line) => line.includes("'gone'"))).toHaveLength(1)
  expect(first.calls).toHaveLength(1)
  expect(first.hub.hasMessages('@gone@x', 2_000_000)).toBe(true)
})

test('a result that cannot be stored for a while is kept, not computed again', async () => {
  const clock = { now: 1_000_000 }
  const { signal, nextCall, calls, hub, watch, logs } = await startTestProcess({ clock, maxConcurrent: 1 })
  await signal('k', 'a')
  const call = await nextCall()
  await signal('other', 'x')
  const fault = breakCommits(hub)
  call.succeed({ state: '1' })
  await until(() => fault.count > 1)
  expect(calls).toHaveLength(1)
  fault.mend()
  await until(() => hub.entities.read('@e@k').state === '1')
  clock.now += 1_000
  await watch.look()
  expect(calls.map(({ key }) => key)).toEqual(['k', 'other'])
  expect(logs.join()).toContain('cannot commit')
})

test('a signal that cannot be stored is refused, leaves nothing behind and takes no slot', async () => {
  const { signal, nextCall, hub } = await startTestProcess({ maxConcurrent: 1 })
  breakCommits(hub, 1)
  await expect(signal('k', 'lost')).rejects.toThrow('disk full')
  await signal('k', 'a')
  expect((await nextCall()).operations).toBe('a')
})

test('work whose taking could not be stored is taken later, without anything else happening', async () => {
  const clock = { now: 1_000_000 }
  const { signal, nextCall, hub, watch, calls } = await startTestProcess({ clock })
  await signal('k', 'a')
  ;(await nextCall()).fail()
  await until(() => hub.readNextReadyAt('entity', clock.now) !== undefined)
  clock.now += 1_000
  breakCommits(hub, 1)
  await watch.look()
  expect(calls).toHaveLength(1)
  await watch.look()
  expect(calls).toHaveLength(1)
  clock.now += 1_000
  await watch.look()
  expect((await nextCall()).operations).toBe('a')
})

test('a stopping process finishes what runs and starts nothing', async () => {
  const { signal, nextCall, calls, dispatcher, hub } = await startTestProcess()
  await signal('k', 'a')
  const call = await nextCall()
  await signal('k', 'b')
  const stopped = dispatcher.stop(60_000)
  call.succeed({ state: '1' })
  await stopped
  await signal('other', 'c')
  expect(calls).toHaveLength(1)
  expect(hub.entities.read('@e@k').state).toBe('1')
  expect(hub.readWaiting('entity', ['e'], 2_000_000, 10).sort()).toEqual(['@e@k', '@e@other'])
})

test('a stopping process does not wait longer than its grace time', async () => {
  const { signal, dispatcher } = await startTestProcess()
  await signal('k', 'a')
  await dispatcher.stop(1)
})

/** Makes the next transactions fail after all of their work, as a full disk would. */
function breakCommits(hub: TaskHub, times = Number.POSITIVE_INFINITY) {
  const fault = { count: 0, mend: () => Reflect.deleteProperty(hub, 'run') }
  Object.defineProperty(hub, 'run', {
    configurable: true,
    value: (work: () => unknown) => {
      fault.count += 1
      if (fault.count === times) fault.mend()
      return TaskHub.prototype.run.call(hub, () => {
        work()
        throw new Error('disk full')
      })
    },
  })
  return fault
}

test('while an entity is locked it hears only its holder, also when that deletes it, and then everybody', async () => {
  const { hub, dispatcher, signal, nextCall } = await startTestProcess()
  await hub.run(() => hub.entities.lock('@e@k', 'holder', 0))
  const send = (message: Message) => dispatcher.transact((outbox) => outbox.post(message))
  const call = (name: string) =>
    ({
      id: name,
      target: '@e@k',
      kind: 'entity',
      functionName: 'e',
      name,
      input: null,
      isSignal: false,
      sender: 'holder',
    }) as const
  await signal('k', 'other')
  await send(call('delete'))
  const first = await nextCall()
  await send(call('add'))
  first.succeed()
  const second = await nextCall()
  await send(toReleaseMessage('lock', 'holder', { name: 'e', key: 'k' }))
  second.succeed()
  const third = await nextCall()
  expect([first, second, third].map(({ operations }) => operations)).toEqual(['delete', 'add', 'other'])
})
