import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createFlowClient, type FlowClient } from '../host/durable/flow-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempFolder } from '../support/temp-folder.js'

const root = join(import.meta.dirname, '../fixtures/apps/orchestrations')
let host: SpawnedHost
let flows: FlowClient

beforeAll(async () => {
  host = await spawnHost({ root })
  flows = createFlowClient(host)
})
afterAll(() => host.stop('SIGKILL'))

const read = async (key: string) => (await fetch(`${flows.api}/entities/Tally/${key}`)).text()

/** A locked entity has no state until its owner sets one, so the owner is known by what it waits for. */
async function startHolding(keys: readonly string[], fails = false): Promise<string> {
  const id = await flows.start('locks', { keys, hold: true, fails })
  await until(async () => {
    const { historyEvents = [] } = await flows.status(id, 'showHistory=true')
    return historyEvents.filter(({ EventType }) => EventType === 'EventRaised').length >= 2
  })
  return id
}

test('93. while an orchestration has an entity for itself, the call of another one waits', async () => {
  const holder = await startHolding(['shared-a', 'shared-b'])
  const other = await flows.start('adds', 'shared-a')
  await fetch(`${flows.api}/entities/Tally/shared-b?op=add`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '10',
  })
  await until(async () => (await flows.status(other)).runtimeStatus === 'Running')
  expect((await flows.status(other)).runtimeStatus).toBe('Running')
  await flows.raise(holder, 'go', 1)
  await flows.raise(holder, 'go', 1)
  expect((await flows.end(holder)).output).toBe(true)
  expect((await flows.end(other)).output).toBe(101)
  await until(async () => (await read('shared-b')) === '11')
})

test('93. two that want the same entities in different orders both get them', async () => {
  const orders = [
    ['ring-a', 'ring-b', 'ring-c'],
    ['ring-c', 'ring-a', 'ring-b'],
    ['ring-b', 'ring-c', 'ring-a'],
  ]
  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, n) => flows.start('locks', { keys: orders[n % 3] })),
  )
  for (const id of ids) expect((await flows.end(id)).output).toBe(true)
  expect(await Promise.all(['ring-a', 'ring-b', 'ring-c'].map(read))).toEqual(['12', '12', '12'])
})

test('93. locks hold across the processes of one hub', async () => {
  const dataDir = createTempFolder()
  const start = async () => {
    const started = await spawnHost({ root, dataDir })
    onTestFinished(async () => void (await started.stop('SIGKILL')))
    return createFlowClient(started)
  }
  const clients = [await start(), await start()] as const
  const keys = ['two-a', 'two-b']
  const runs = Array.from({ length: 20 }, async (_, n) => {
    const own = clients[n % 2 === 0 ? 0 : 1]
    const input = { keys: n % 3 === 0 ? keys : [...keys].reverse() }
    return (await own.end(await own.start('locks', input))).output
  })
  expect(await Promise.all(runs)).toEqual(Array(20).fill(true))
  for (const key of keys) {
    expect(await (await fetch(`${clients[1].api}/entities/Tally/${key}`)).text()).toBe('20')
  }
})

test('93. what the rules forbid inside a critical section throws', async () => {
  expect(await flows.run('breaksRules')).toEqual(Array(4).fill('LockingRulesViolationError'))
})

test('93. a holder that fails gives its entities back', async () => {
  const holder = await startHolding(['failing'], true)
  const other = await flows.start('adds', 'failing')
  await flows.raise(holder, 'go', 1)
  expect((await flows.end(holder)).runtimeStatus).toBe('Failed')
  expect((await flows.end(other)).output).toBe(101)
})

test('93. a holder that is terminated gives its entities back', async () => {
  const holder = await startHolding(['terminated'])
  const other = await flows.start('adds', 'terminated')
  await flows.client('terminate', holder, 'enough')
  expect((await flows.end(other)).output).toBe(100)
})

test('the entities of a holder that is purged stay locked, and the host says so', async () => {
  const holder = await startHolding(['purged'])
  await fetch(`${flows.api}/instances/${holder}`, { method: 'DELETE' })
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${holder}' was purged.* @tally@purged,`))
})
