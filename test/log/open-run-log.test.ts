import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { AzureBlobRunLog } from '../../src/log/azure-blob/azure-blob-run-log.js'
import { parseHost, readConnection } from '../../src/log/azure-blob/connection.js'
import { openRunLog } from '../../src/log/open-run-log.js'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import { createTempFolder } from '../support/temp-folder.js'

const folder = createTempFolder(afterAll)

const development = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' }

test('under the embedded host it is a file in its data folder, whatever storage the settings name', async () => {
  const log = openRunLog({ ...development, FUNCTIONS_EMBEDDED_DATA_DIR: folder })
  expect(log).toBeInstanceOf(SqliteRunLog)
  expect(existsSync(join(folder, 'runs.db'))).toBe(true)
  await log.close()
})

test.each([
  [development],
  [{ AzureWebJobsStorage: 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aw==' }],
  [{ AzureWebJobsStorage__accountName: 'myaccount' }],
  [{ AzureWebJobsStorage__blobServiceUri: 'https://myaccount.blob.core.usgovcloudapi.net' }],
])('elsewhere it is the storage account: %o', async (env) => {
  const log = openRunLog(env)
  expect(log).toBeInstanceOf(AzureBlobRunLog)
  await log.close()
})

test.each([[{}], [{ AzureWebJobsStorage: '' }], [{ AzureWebJobsStorage: '  ' }]])(
  'without either it names the settings: %o',
  (env) => {
    expect(() => openRunLog(env)).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.stringMatching(/AzureWebJobsStorage .*AzureWebJobsStorage__accountName.*runLog/),
      }),
    )
  },
)

test.each([
  [
    { S: 'AccountName=a;AccountKey=k' },
    { connectionString: 'AccountName=a;AccountKey=k' },
    'a.blob.core.windows.net',
  ],
  [
    { S: 'AccountName=a;AccountKey=k;EndpointSuffix=core.chinacloudapi.cn' },
    { connectionString: 'AccountName=a;AccountKey=k;EndpointSuffix=core.chinacloudapi.cn' },
    'a.blob.core.chinacloudapi.cn',
  ],
  [
    { S__accountName: 'acc', S__clientId: 'id' },
    { accountUrl: 'https://acc.blob.core.windows.net', managedIdentityClientId: 'id' },
    'acc.blob.core.windows.net',
  ],
  [
    { 'S:blobServiceUri': 'https://b.example' },
    { accountUrl: 'https://b.example', managedIdentityClientId: undefined },
    'b.example',
  ],
])('reads connections as Functions does: %o', (env, connection, host) => {
  const read = readConnection(env, 'S')
  expect(read).toEqual(connection)
  expect(read && parseHost(read)).toBe(host)
})
