import { expect, test } from 'vitest'
import { createTempFolder } from '../../../support/temp-folder.js'
import { startTestProcess, type TestProcessOptions } from '../dispatcher-kit.js'

const missingPid = 2 ** 22 + 1

/** Two host processes on one file, with one clock. */
async function startPair(first: TestProcessOptions = {}, second: TestProcessOptions = {}) {
  const shared = { dataDir: createTempFolder(), clock: { now: 1_000_000 } }
  const a = await startTestProcess({ ...shared, ...first })
  const b = await startTestProcess({ ...shared, ...second })
  return { a, b, clock: shared.clock, shared }
}

test('an entity that runs in one process takes messages from both, and runs in no other', async () => {
  const { a, b } = await startPair()
  await a.signal('k', '1')
  const first = await a.nextCall()
  await b.signal('k', '2')
  await b.watch.look()
  expect(b.calls).toHaveLength(0)
  first.succeed({ state: '"a"' })
  const second = await a.nextCall()
  expect(second.operations).toBe('2')
  expect(b.hub.entities.read('@e@k').state).toBe('"a"')
})

test('a process with free slots takes what a full one cannot', async () => {
  const { a, b } = await startPair({ maxConcurrent: 1 })
  await a.signal('k', '1')
  await a.signal('l', '2')
  expect(a.calls).toHaveLength(1)
  await b.watch.look()
  expect(b.calls.map(({ key }) => key)).toEqual(['l'])
})

test('a process that became free takes what waits, also when nothing new has happened', async () => {
  const { a, b } = await startPair({ maxConcurrent: 1, names: ['e', 'only-a'] }, { maxConcurrent: 1 })
  await b.signal('x', '1')
  await a.signal('own', '2', 'only-a')
  await a.signal('k', '3')
  await b.watch.look()
  expect(b.calls).toHaveLength(1)
  const busy = await b.nextCall()
  busy.fail()
  await b.settled()
  await b.watch.look()
  expect(b.calls.map(({ key }) => key)).toEqual(['x', 'k'])
})

test('a function that only one of the processes has runs there', async () => {
  const { a, b } = await startPair({ names: ['e'] }, { names: ['e', 'f'] })
  await a.signal('k', '1')
  ;(await a.nextCall()).succeed({ signals: ['f/x/1'] })
  await a.settled()
  await b.watch.look()
  expect(b.calls.map(({ key }) => key)).toEqual(['x'])
})

test('work of another process that could not be read at once is seen by the next look', async () => {
  const { a, b } = await startPair({}, { names: ['other'] })
  await a.watch.look()
  await b.signal('k', '1')
  Object.defineProperty(a.hub, 'readWaiting', {
    configurable: true,
    value: () => {
      Reflect.deleteProperty(a.hub, 'readWaiting')
      throw new Error('disk I/O error')
    },
  })
  await a.watch.look()
  expect(a.logs.join()).toContain('disk I/O error')
  await a.watch.look()
  expect((await a.nextCall()).operations).toBe('1')
})

test('a silent process loses its work after its lease, not before, and cannot commit it any more', async () => {
  const { a, b, clock } = await startPair()
  await a.signal('k', '1')
  const lost = await a.nextCall()
  clock.now += 4999
  await b.lease.renew()
  await b.watch.look()
  expect(b.calls).toHaveLength(0)

  clock.now += 1
  await b.watch.look()
  const again = await b.nextCall()
  expect(again.operations).toBe('1')
  again.succeed({ state: '"b"' })
  await b.settled()

  lost.succeed({ state: '"a"', signals: ['e/other/1'] })
  await a.settled()
  await a.settled()
  expect(a.logs.join()).toContain('@e@k: fenced off')
  expect(b.hub.entities.read('@e@k').state).toBe('"b"')
  expect(b.hub.hasMessages('@e@other', clock.now)).toBe(false)
})

test('a process that shows life keeps its work, however long it takes', async () => {
  const { a, b, clock } = await startPair()
  await a.signal('k', '1')
  const call = await a.nextCall()
  for (let round = 0; round < 3; round += 1) {
    clock.now += 4999
    await a.lease.renew()
    await b.lease.renew()
    await b.watch.look()
  }
  call.succeed({ state: '"a"' })
  await a.settled()
  expect(b.calls).toEqual([])
  expect(b.hub.entities.read('@e@k').state).toBe('"a"')
})

test('a failure that a silent process reports late does not disturb the one that took over', async () => {
  const { a, b, clock } = await startPair()
  await a.signal('k', '1')
  const lost = await a.nextCall()
  clock.now += 5000
  await b.lease.renew()
  await b.watch.look()
  const again = await b.nextCall()
  lost.fail()
  await a.settled()
  await a.settled()
  expect(a.logs.join()).toContain('@e@k: fenced off')
  again.succeed({ state: '"b"' })
  await b.settled()
  expect(b.hub.entities.read('@e@k').state).toBe('"b"')
})

test('no two claims of a process are equal', async () => {
  const { hub, lease } = await startTestProcess()
  await hub.run(() => expect(lease.createClaim('@e@k')).not.toEqual(lease.createClaim('@e@k')))
})

test('a woken process works on under a new name, and its new claims can be taken over like any others', async () => {
  const { a, b, clock } = await startPair()
  await a.signal('k', '1')
  const lost = await a.nextCall()
  clock.now += 6000
  await b.lease.renew()
  await b.watch.look()
  await b.nextCall()
  await a.signal('l', '2')
  expect((await a.nextCall()).key).toBe('l')
  expect(a.logs.join()).toContain('silent for longer than its lease of 5000 ms')
  await a.lease.renew()
  lost.succeed()
  clock.now += 4000
  await b.lease.renew()
  await b.watch.look()
  expect(b.calls).toHaveLength(1)
  clock.now += 2000
  await b.watch.look()
  expect((await b.nextCall()).key).toBe('l')
})

test('an entity that a process has lost does not run there a second time at once', async () => {
  const { a, b, clock } = await startPair({}, { names: [] })
  await a.signal('k', '1')
  const lost = await a.nextCall()
  clock.now += 6000
  await b.lease.renew()
  await b.watch.look()
  await a.watch.look()
  await a.signal('k', '2')
  await a.watch.look()
  expect(a.calls).toHaveLength(1)
  lost.succeed({ state: '"lost"' })
  await a.settled()
  await a.settled()
  await a.watch.look()
  const again = await a.nextCall()
  expect(again.operations).toBe('1 2')
  expect(again.trigger.exists).toBe(false)
})

test('a process that was silent while nobody else was there keeps its work', async () => {
  const clock = { now: 1_000_000 }
  const { signal, nextCall, watch, lease, hub, calls, settled } = await startTestProcess({ clock })
  await signal('k', '1')
  const call = await nextCall()
  clock.now += 60_000
  await watch.look()
  await lease.renew()
  call.succeed({ state: '1' })
  await settled()
  expect(hub.entities.read('@e@k').state).toBe('1')
  expect(calls).toHaveLength(1)
})

test('a process that is known to be dead loses its work at once', async () => {
  const { a, b } = await startPair({ pid: missingPid })
  await a.signal('k', '1')
  await b.watch.look()
  expect((await b.nextCall()).operations).toBe('1')
})

test('a starting process takes the work of dead ones back before anything else', async () => {
  const shared = { dataDir: createTempFolder(), clock: { now: 1_000_000 } }
  const dead = await startTestProcess({ ...shared, pid: missingPid })
  await dead.signal('k', '1')
  const next = await startTestProcess(shared)
  expect(next.calls.map(({ operations }) => operations)).toEqual(['1'])
  expect(next.hub.hosts.list()).toHaveLength(1)
})

test('a process that stops gives back what it could not finish', async () => {
  const { a, b } = await startPair()
  await a.signal('k', '1')
  await a.dispatcher.stop(1)
  await a.lease.end()
  await b.watch.look()
  expect((await b.nextCall()).operations).toBe('1')
})
