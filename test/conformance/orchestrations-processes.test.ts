import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../src/core/sqlite.js'
import { createFlowClient, type FlowClient } from '../host/durable/flow-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, type SpawnHostOptions, spawnHost } from '../support/spawn-host.js'
import { createTempFolder } from '../support/temp-folder.js'
import { createEffectsFolder } from './effects-folder.js'

const root = join(import.meta.dirname, '../fixtures/apps/orchestrations')
const effects = createEffectsFolder()

/** Takes far longer than any test, so that only another sign of death can explain a takeover. */
const longLease = ['--lease-ms', '3600000']

type Start = (
  options?: Partial<SpawnHostOptions>,
) => Promise<{ host: SpawnedHost; flows: FlowClient; dataDir: string }>

/** A folder for a hub that the processes of one test share. */
function createSite(): Start {
  const dataDir = createTempFolder()
  return async (options = {}) => {
    const env = { EFFECTS_DIR: effects.path, ...options.env }
    const host = await spawnHost({ root, dataDir, args: longLease, ...options, env })
    onTestFinished(async () => void (await host.stop('SIGKILL')))
    return { host, flows: createFlowClient(host), dataDir }
  }
}

const countOf = (name: string) => effects.read().filter((effect) => effect === name).length

test('95. a sequence of activities goes on through restarts, and none that has ended runs again', async () => {
  const start = createSite()
  const names = ['seq-1', 'seq-2', 'seq-3']
  for (const name of names) effects.hold(name)
  let { host, flows } = await start()
  const id = await flows.start('sequence', names)
  for (const name of names) {
    await until(() => countOf(name) === 1)
    await host.stop('SIGKILL')
    effects.release(name)
    ;({ host, flows } = await start())
    await until(() => countOf(name) === 2)
  }
  expect((await flows.end(id)).output).toEqual(names.map((name) => `${name} of ${id}`))
  expect(names.map(countOf)).toEqual([2, 2, 2])
  const { historyEvents = [] } = await flows.status(id, 'showHistory=true')
  expect(historyEvents.map(({ EventType }) => EventType)).toEqual([
    'ExecutionStarted',
    'TaskCompleted',
    'TaskCompleted',
    'TaskCompleted',
    'ExecutionCompleted',
  ])
})

test('a start and an event are on disk when they are answered: a kill right after that loses nothing', async () => {
  const start = createSite()
  const first = await start()
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, n) => first.flows.start('waitFor', ['go'], `kept-${n}`)),
  )
  const raised = await Promise.all(ids.map((id) => first.flows.raise(id, 'go', id)))
  await first.host.stop('SIGKILL')
  expect(raised).toEqual(ids.map(() => 202))
  const second = await start()
  for (const id of ids) expect((await second.flows.end(id)).output).toEqual([id])
})

test('a timer that comes due while no host runs fires when one starts', async () => {
  const start = createSite()
  const first = await start()
  const id = await first.flows.start('race', { milliseconds: 1_500 })
  await until(async () => (await first.flows.status(id)).runtimeStatus === 'Running')
  const dueAt = Date.now() + 1_500
  await first.host.stop('SIGKILL')
  await until(() => Date.now() > dueAt)
  const second = await start()
  expect((await second.flows.end(id)).output).toBe('too late')
})

test('when a process is killed, another one that is there takes over its activities and orchestrations', async () => {
  const start = createSite()
  const [first, second] = [await start(), await start()]
  effects.hold('handed-over')
  const id = await first.flows.start('sequence', ['handed-over', 'after-that'])
  await until(() => countOf('handed-over') === 1)
  await first.host.stop('SIGKILL')
  effects.release('handed-over')
  const ended = await second.flows.end(id)
  expect(ended.output).toEqual([`handed-over of ${id}`, `after-that of ${id}`])
  expect([countOf('handed-over'), countOf('after-that')]).toEqual([2, 1])
})

test('two processes on one folder share the activities of an orchestration', async () => {
  const start = createSite()
  const settings = { AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: '2' }
  const hosts = [await start({ env: settings }), await start({ env: settings })]
  const names = Array.from({ length: 12 }, (_, n) => `shared-${n}`)
  for (const name of names) effects.hold(name)
  const id = await (hosts[0]?.flows.start('fanOut', names) ?? '')
  await until(() => names.filter((name) => countOf(name) > 0).length === 4)
  for (const name of names) effects.release(name)
  expect((await hosts[1]?.flows.end(id))?.output).toEqual(names.map((name) => `${name} of ${id}`))
  expect(names.map(countOf)).toEqual(names.map(() => 1))
  for (const { host } of hosts) await host.waitForOutput(/Executed 'Functions.effect' \(Succeeded/)
})

test('a process frozen during an activity does not record its result when it wakes', async () => {
  const start = createSite()
  const args = ['--lease-ms', '600']
  const [frozen, other] = [await start({ args }), await start({ args })]
  effects.hold('frozen')
  const id = await frozen.flows.start('sequence', ['frozen'])
  await until(() => countOf('frozen') === 1)
  process.kill(frozen.host.pid, 'SIGSTOP')
  await until(() => countOf('frozen') === 2)
  effects.release('frozen')
  expect((await other.flows.end(id)).output).toEqual([`frozen of ${id}`])
  process.kill(frozen.host.pid, 'SIGCONT')
  await frozen.host.waitForOutput(/fenced off, as another host has taken over/)
  const { historyEvents = [] } = await other.flows.status(id, 'showHistory=true')
  expect(historyEvents.filter(({ EventType }) => EventType === 'TaskCompleted')).toHaveLength(1)
})

test('an orchestration whose history cannot be read for a while goes on when it can', async () => {
  const start = createSite()
  const { host, flows, dataDir } = await start()
  const database = openSqlite(join(dataDir, 'Flows.taskhub.db'))
  database.exec('PRAGMA busy_timeout = 5000; ALTER TABLE history RENAME TO hidden')
  const id = await flows.start('echo', 'read at last')
  await host.waitForOutput(new RegExp(`${id}: the episode is tried again: no such table: history`))
  database.exec('ALTER TABLE hidden RENAME TO history')
  database.close()
  expect((await flows.end(id)).output).toBe('read at last')
})

test('117. an orchestrator that asks for something else than before fails as non-deterministic', async () => {
  const start = createSite()
  const first = await start()
  const id = await first.flows.start('changes')
  await until(async () => (await first.flows.status(id, 'showHistory=true')).historyEvents?.length === 2)
  await first.host.stop()
  const second = await start({ env: { CHANGED: 'yes' } })
  await second.flows.raise(id, 'go', 1)
  const ended = await second.flows.end(id)
  expect(ended.runtimeStatus).toBe('Failed')
  const why = /Non-Deterministic workflow detected: .*'give' before and is .*'describe' now/
  expect(ended.output).toMatch(why)
  await second.host.waitForOutput(new RegExp(`'${id}' of 'changes' has failed: ${why.source}`))
})

test('settings say how much an orchestration may ask for, and whether a running one may be replaced', async () => {
  const start = createSite()
  const settings = {
    AzureFunctionsJobHost__extensions__durableTask__maxOrchestrationActions: '3',
    AzureFunctionsJobHost__extensions__durableTask__overridableExistingInstanceStates: 'AnyState',
    AzureFunctionsJobHost__extensions__durableTask__defaultVersion: '1.5',
    AzureFunctionsJobHost__extensions__durableTask__versionMatchStrategy: 'Strict',
  }
  const { host, flows } = await start({ env: settings })
  expect(host.output()).toContain('does not obey durableTask.versionMatchStrategy')
  const names = ['greedy-1', 'greedy-2', 'greedy-3', 'greedy-4']
  expect(await flows.end(await flows.start('sequence', names))).toMatchObject({
    runtimeStatus: 'Failed',
    output: expect.stringContaining('Maximum amount of orchestration actions (3)'),
  })
  const id = await flows.start('waitFor', ['go'], 'replaced')
  await flows.start('version', '', id)
  expect((await flows.end(id)).output).toEqual(['1.5', ['1.5', null]])
})

test('83. when the time limit ends an operation, its caller gets an error', async () => {
  const start = createSite()
  const { flows } = await start({ env: { AzureFunctionsJobHost__functionTimeout: '00:00:01' } })
  expect(await flows.run('callsFailing', 'hang')).toMatch(/time limit/)
})

test('when the time limit ends an activity, it has failed with that text', async () => {
  const start = createSite()
  const { flows } = await start({ env: { AzureFunctionsJobHost__functionTimeout: '00:00:01' } })
  expect(await flows.run('catchesHanging')).toMatch(
    /^Activity function 'hangs' failed: Timeout value of 00:00:01/,
  )
})

test('111. ids and times of an orchestrator are the same after a restart', async () => {
  const start = createSite()
  const first = await start()
  const id = await first.flows.start('remembersAcross')
  await until(async () => (await first.flows.status(id)).customStatus !== null)
  const { customStatus } = await first.flows.status(id)
  await first.host.stop('SIGKILL')
  const second = await start()
  await second.flows.raise(id, 'go', 1)
  expect((await second.flows.end(id)).output).toEqual(customStatus)
})

test('92. signals of an orchestration keep their order through a restart in their middle', async () => {
  const start = createSite()
  const first = await start()
  const id = await first.flows.start('signalsInOrder', 50)
  await first.flows.raise(id, 'go', 1)
  await first.host.stop('SIGKILL')
  const second = await start()
  await second.flows.raise(id, 'go', 2)
  await second.flows.end(id)
  const read = async () =>
    (await (await fetch(`${second.flows.api}/entities/List/${id}`)).json()) as unknown[]
  await until(async () => (await read()).length === 50)
  expect(await read()).toEqual(Array.from({ length: 50 }, (_, n) => n))
})
