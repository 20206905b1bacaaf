import { expect, onTestFinished, test } from 'vitest'
import type { HistoryRow, StoredHistoryRow } from '../../../../../src/host/durable/hub/instance-table.js'
import { TaskHub } from '../../../../../src/host/durable/hub/task-hub.js'
import { HistoryCache } from '../../../../../src/host/durable/orchestrations/history/history-cache.js'
import { createTempFolder } from '../../../../support/temp-folder.js'

const row = (name: string): HistoryRow => ({ type: 4, task: 0, name, event: '{}' })
const names = (rows: readonly StoredHistoryRow[]) => rows.map(({ name }) => name).join('')

/** Two processes on one hub, each with a cache of its own. */
function open(mostRows?: number) {
  const dataDir = createTempFolder()
  const [mine, other] = [TaskHub.open(dataDir, 'TestHub'), TaskHub.open(dataDir, 'TestHub')]
  onTestFinished(() => {
    mine.close()
    other.close()
  })
  const append = (execution: string, ...added: string[]) =>
    other.run(() => other.instances.appendHistory(execution, added.map(row)))
  return { mine, other, append, cache: new HistoryCache(mine.instances, mostRows) }
}

test('what another process has added is read, and the rest is not read again', async () => {
  const { mine, append, cache } = open()
  await append('e', 'a', 'b')
  expect(names(cache.read('e'))).toBe('ab')
  await append('f', 'x')
  await append('e', 'c')
  const first = cache.read('e')[0]
  expect(names(cache.read('e'))).toBe('abc')
  expect(cache.read('e')[0]).toBe(first)
  expect(mine.instances.readHistory('e')[0]).not.toBe(first)
})

test('what another process has taken out is gone', async () => {
  const { other, append, cache } = open()
  await append('e', 'a', 'b', 'c')
  cache.read('e')
  await other.run(() => other.instances.dropEvents(other.instances.readHistory('e').slice(1, 2)))
  expect(names(cache.read('e'))).toBe('ac')
  await append('e', 'd')
  expect(names(cache.read('e'))).toBe('acd')
})

test('histories that were used least recently make room', async () => {
  const { append, cache } = open(4)
  for (const execution of ['e', 'f', 'g']) await append(execution, 'a', 'b')
  const kept = cache.read('e')
  cache.read('f')
  expect(cache.read('e')[0]).toBe(kept[0])
  const lost = cache.read('f')
  cache.read('e')
  cache.read('g')
  expect(cache.read('f')[0]).not.toBe(lost[0])
  await append('big', ...'abcdefgh')
  expect(names(cache.read('big'))).toBe('abcdefgh')
})
