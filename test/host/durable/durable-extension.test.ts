import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as df from 'durable-functions'
import { expect, test } from 'vitest'
import { openSqlite } from '../../../src/core/sqlite.js'
import { createDurableExtension } from '../../../src/host/durable/durable-extension.js'
import type { FunctionDefinition, FunctionInvoker } from '../../../src/host/functions.js'
import { createGate } from '../../support/gate.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { counter, readClientInput, startTestHost, toEntityDefinition, until } from './kit.js'

const id = new df.EntityId('counter', 'k')
const log = () => undefined
const invoker: FunctionInvoker = { invoke: () => new Promise(() => undefined) }

test('the client of durable-functions signals and reads entities', async () => {
  const host = await startTestHost({ dataDir: createTempFolder(), entities: { counter } })
  await host.client.signalEntity(id, 'add', 5)
  await host.client.signalEntity(id, 'add', 2)
  await until(async () => (await host.client.readEntityState<number>(id)).entityState === 7)
  expect(await host.client.readEntityState(new df.EntityId('counter', 'K'))).toMatchObject({
    entityExists: false,
  })
})

test('the client input is given to client bindings only', async () => {
  const host = await startTestHost({ dataDir: createTempFolder(), entities: { counter } })
  const own = await readClientInput(host.extension, 'DurableClient')
  expect(own).toMatchObject({ rpcBaseUrl: host.rpcUrl })
  expect(await readClientInput(host.extension, 'orchestrationClient')).toEqual(own)
  expect(await readClientInput(host.extension, 'blob')).toBeUndefined()
})

test('the hub is named by the settings, and its state outlives the extension', async () => {
  const dataDir = createTempFolder()
  const options = { dataDir, entities: { counter }, settings: { hubName: 'Mine' } }
  const first = await startTestHost(options)
  await first.client.signalEntity(id, 'add', 1)
  await until(async () => (await first.client.readEntityState(id)).entityExists)
  await first.stop()
  expect(existsSync(join(dataDir, 'Mine.taskhub.db'))).toBe(true)
  const second = await startTestHost(options)
  expect((await second.client.readEntityState(id)).entityState).toBe(1)
})

test('a stop waits for what runs and stores it, and what runs may still signal meanwhile', async () => {
  const dataDir = createTempFolder()
  const gate = createGate()
  const host = await startTestHost({
    dataDir,
    entities: { counter },
    intercept: async (run) => {
      await gate.opened
      await host.client.signalEntity(new df.EntityId('counter', 'other'), 'add', 1)
      return run()
    },
  })
  await host.client.signalEntity(id, 'add', 1)
  const stopped = host.stop(20_000)
  gate.open()
  await stopped
  const next = await startTestHost({ dataDir, entities: { counter } })
  await until(
    async () => (await next.client.readEntityState(new df.EntityId('counter', 'other'))).entityExists,
  )
  expect((await next.client.readEntityState(id)).entityState).toBe(1)
  expect(next.batches).toHaveLength(1)
})

test('a stop does not wait longer than its grace time, and what ends later changes nothing', async () => {
  const dataDir = createTempFolder()
  const gate = createGate()
  const host = await startTestHost({
    dataDir,
    entities: { counter },
    intercept: async (run) => {
      await gate.opened
      return run()
    },
  })
  await host.client.signalEntity(id, 'add', 1)
  await host.stop(1)
  gate.open()
  await until(() => host.logs.some(({ message }) => message.includes('@counter@k: not committed')))
  const next = await startTestHost({ dataDir, entities: { counter } })
  await until(async () => (await next.client.readEntityState(id)).entityState === 1)
})

test('between its stop and its close functions can still send, and others do the work', async () => {
  const dataDir = createTempFolder()
  const host = await startTestHost({ dataDir, entities: { counter } })
  await host.extension.stop(1000)
  await host.client.signalEntity(id, 'add', 1)
  expect((await host.client.readEntityState(id)).entityExists).toBe(false)
  const next = await startTestHost({ dataDir, entities: { counter } })
  await until(async () => (await next.client.readEntityState(id)).entityState === 1)
  expect(host.batches).toEqual([])
})

test('a signal that cannot be stored is answered 500 with the reason, never 202', async () => {
  const dataDir = createTempFolder()
  const host = await startTestHost({ dataDir, entities: { counter } })
  const other = openSqlite(join(dataDir, 'TestHubName.taskhub.db'))
  other.exec("CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(FAIL, 'disk full'); END")
  const answer = await fetch(`${host.rpcUrl}entities/counter/k?op=add`, { method: 'POST' })
  expect(answer.status).toBe(500)
  expect(await answer.json()).toMatchObject({
    Message: 'Something went wrong while processing your request',
    ExceptionMessage: 'disk full',
  })
  await expect(host.client.signalEntity(id, 'add', 1)).rejects.toThrow('status code: 500')
  other.exec('DROP TRIGGER full')
  other.close()
  await host.client.signalEntity(id, 'add', 1)
  await until(async () => (await host.client.readEntityState(id)).entityState === 1)
})

test('an entity that runs as soon as the host starts gets its client input', async () => {
  const dataDir = createTempFolder()
  const options = { settings: {}, baseUrl: 'http://x', dataDir, log }
  const first = createDurableExtension(options)
  await first.start([toEntityDefinition('e')], invoker)
  const { rpcBaseUrl } = await readClientInput(first)
  await fetch(`${rpcBaseUrl}entities/e/k`, { method: 'POST' })
  await first.stop(0)
  await first.close?.()

  const second = createDurableExtension(options)
  const inputs: unknown[] = []
  await second.start([toEntityDefinition('e')], {
    invoke: () => {
      inputs.push(readClientInput(second))
      return new Promise(() => undefined)
    },
  })
  await second.stop(0)
  await second.close?.()
  expect(await Promise.all(inputs)).toEqual([expect.objectContaining({ rpcBaseUrl: expect.any(String) })])
})

test('disabled entities do not exist, and orchestrators are found whatever the case of their name', async () => {
  const orchestrator: FunctionDefinition = {
    ...toEntityDefinition('flow'),
    trigger: { type: 'orchestrationTrigger', name: 't', direction: 'in' },
  }
  const extension = createDurableExtension({
    settings: {},
    baseUrl: 'http://x',
    dataDir: createTempFolder(),
    log,
  })
  await extension.start([{ ...toEntityDefinition('off'), disabled: true }, orchestrator], invoker)
  const { rpcBaseUrl } = await readClientInput(extension)
  const post = (path: string) => fetch(rpcBaseUrl + path, { method: 'POST' })
  expect((await post('entities/off/k')).status).toBe(400)
  expect((await post('orchestrators/FLOW')).status).toBe(202)
  await extension.stop(0)
  await extension.close?.()
})

test('wrong settings are refused at once, and a folder that cannot be used at the start', async () => {
  const dataDir = createTempFolder()
  const options = { baseUrl: 'http://x', dataDir: join(dataDir, 'file'), log }
  expect(() => createDurableExtension({ ...options, settings: { hubName: '1' } })).toThrow('hubName')
  writeFileSync(join(dataDir, 'file'), '')
  await expect(createDurableExtension({ ...options, settings: {} }).start([], invoker)).rejects.toThrow(
    'TestHubName.taskhub.db',
  )
})

test('the polls of a process notice the work of another one', async () => {
  const dataDir = createTempFolder()
  const without = await startTestHost({
    dataDir,
    entities: { counter },
    settings: { maxConcurrentEntityFunctions: 1 },
    intercept: () => new Promise(() => undefined),
  })
  const other = await startTestHost({ dataDir, entities: { counter } })
  await without.client.signalEntity(id, 'add', 1)
  await without.client.signalEntity(new df.EntityId('counter', 'next'), 'add', 1)
  await until(() => other.batches.length === 1)
  expect(other.batches[0]?.self.key).toBe('next')
})
