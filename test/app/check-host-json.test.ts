import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkHostJson, readFunctionTimeout } from '../../src/app/check-host-json.js'
import { createTempFolder } from '../support/temp-folder.js'

const folder = createTempFolder(afterAll)

function write(hostJson: unknown): string {
  writeFileSync(join(folder, 'host.json'), typeof hostJson === 'string' ? hostJson : JSON.stringify(hostJson))
  return folder
}

const good = {
  maxEntityOperationBatchSize: 1,
  storageProvider: {
    type: 'AzureStorage',
    maxQueuePollingInterval: '00:00:02',
    controlQueueVisibilityTimeout: '00:02:00',
    workItemQueueVisibilityTimeout: '00:02:00',
  },
}

test("the repository's own host.json has nothing to complain about", () => {
  expect(checkHostJson(resolve(import.meta.dirname, '../..'))).toEqual([])
})

test.each([
  ['good settings', good, []],
  ['another storage provider', { ...good, storageProvider: { type: 'azureManaged' } }, []],
  ['names in another case', { MaxEntityOperationBatchSize: 1, StorageProvider: good.storageProvider }, []],
  [
    'the provider that is there when none is named',
    { maxEntityOperationBatchSize: 1 },
    ['maxQueuePollingInterval', 'controlQueueVisibilityTimeout', 'workItemQueueVisibilityTimeout'],
  ],
  ['no batch size', { storageProvider: good.storageProvider }, ['maxEntityOperationBatchSize']],
  ['a large batch size', { ...good, maxEntityOperationBatchSize: 50 }, ['maxEntityOperationBatchSize']],
  [
    'slow polling',
    { ...good, storageProvider: { ...good.storageProvider, maxQueuePollingInterval: '00:00:30' } },
    ['maxQueuePollingInterval'],
  ],
  [
    'the default visibility',
    { ...good, storageProvider: { type: 'AzureStorage', maxQueuePollingInterval: '00:00:01' } },
    ['controlQueueVisibilityTimeout', 'workItemQueueVisibilityTimeout'],
  ],
])('warns of %s', (_name, durableTask, settings) => {
  const warnings = checkHostJson(write({ version: '2.0', extensions: { durableTask } }))
  expect(warnings).toHaveLength(settings.length)
  for (const [index, setting] of settings.entries()) expect(warnings[index]).toContain(setting)
})

test('of a host.json that cannot be read only the batch size is missed: a host that needs more does not start', () => {
  expect(checkHostJson(write('not json'))).toHaveLength(1)
  expect(checkHostJson(join(folder, 'nowhere'))).toHaveLength(1)
})

test.each([
  ['00:10:00', 600_000],
  ['01:00:30', 3_630_000],
  ['1.00:00:00', 86_400_000],
  ['-1', 86_400_000],
  [undefined, 300_000],
  ['30.00:00:00', 86_400_000],
])('a functionTimeout of %s is %i ms', (functionTimeout, ms) => {
  expect(readFunctionTimeout(write({ version: '2.0', functionTimeout }))).toBe(ms)
})

test('comments in host.json, and app settings in place of its members, are understood as the Functions host does', () => {
  const root = write(`{
    // An hour.
    "functionTimeout": "01:00:00",
    "extensions": { "durableTask": { "maxEntityOperationBatchSize": 5, "storageProvider": { "type": "mssql" } } },
  }`)
  const setting = 'AzureFunctionsJobHost__extensions__durableTask__maxEntityOperationBatchSize'
  expect(readFunctionTimeout(root, {})).toBe(3_600_000)
  expect(readFunctionTimeout(root, { AzureFunctionsJobHost__FunctionTimeout: '00:01:00' })).toBe(60_000)
  expect(checkHostJson(root, {})).toHaveLength(1)
  expect(checkHostJson(root, { [setting]: '1' })).toEqual([])
})
