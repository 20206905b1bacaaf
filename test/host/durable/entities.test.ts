import * as df from 'durable-functions'
import { expect, test } from 'vitest'
import { counter, createDataDir, startTestHost, until } from './kit.js'

test('78. a hundred signals from a client add up to a hundred', async () => {
  const host = await startTestHost({ dataDir: createDataDir(), entities: { counter } })
  const id = new df.EntityId('counter', 'k')
  await Promise.all(Array.from({ length: 100 }, () => host.client.signalEntity(id, 'add', 1)))
  await until(async () => (await host.client.readEntityState<number>(id)).entityState === 100)
  expect(host.batches.flatMap(({ batch }) => batch)).toHaveLength(100)
})
