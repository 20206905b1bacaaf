import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { DefaultAzureCredential } from '@azure/identity'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { expect, onTestFinished, test } from 'vitest'
import { requireQueuePackage } from '../../../src/host/storage/azure-queue.js'
import { Emulators } from '../../../src/host/storage/emulators.js'
import { openService } from '../../../src/host/storage/open-service.js'
import { parseQueueSettings } from '../../../src/host/storage/queue-settings.js'
import { findEmulator, readStorageConnection } from '../../../src/host/storage/storage-connection.js'
import { findFreePort } from '../../support/free-port.js'

const emulated = (port: number, host = '127.0.0.1') =>
  `AccountName=devstoreaccount1;AccountKey=c2VjcmV0;QueueEndpoint=http://${host}:${port}/devstoreaccount1;`

test('finds a connection under its name, with the prefix, or as a section', () => {
  const settings = {
    AzureWebJobsStorage: 'first',
    AzureWebJobsOrders: 'second',
    'ConnectionStrings:Third': 'third',
    Mine__accountName: 'myaccount',
    Mine__clientId: 'id',
  }
  const read = (name: unknown) => readStorageConnection(settings, name)
  expect(read(undefined)).toMatchObject({ setting: 'AzureWebJobsStorage', connectionString: 'first' })
  expect(read('')).toMatchObject({ connectionString: 'first' })
  expect(read('Orders')).toMatchObject({ setting: 'AzureWebJobsOrders', connectionString: 'second' })
  expect(read('Third')).toMatchObject({ connectionString: 'third' })
  expect(read('Mine')).toEqual({
    kind: 'identity',
    setting: 'Mine',
    urls: {
      blob: 'https://myaccount.blob.core.windows.net',
      queue: 'https://myaccount.queue.core.windows.net',
    },
    clientId: 'id',
  })
  expect(() => read('Nowhere')).toThrow("connection string 'Nowhere' does not exist")
})

test('a service is opened at the address that the settings give it', async () => {
  const parts = readStorageConnection({ Parts__queueServiceUri: 'https://queues' }, 'Parts')
  const client = await openService(QueueServiceClient, parts, 'queue')
  expect(client).toMatchObject({ url: 'https://queues', credential: expect.any(DefaultAzureCredential) })
  await expect(openService(BlobServiceClient, parts, 'blob')).rejects.toThrow('Parts__blobServiceUri')
})

test('a connection string that the SDK refuses is named, not told', async () => {
  const connection = readStorageConnection({ Mine: 'AccountName=a;AccountKey=secret' }, 'Mine')
  const refused = openService(BlobServiceClient, connection, 'blob')
  await expect(refused).rejects.toThrow(/^The app setting 'Mine' is no usable storage connection string\.$/)
})

test.each([
  ['UseDevelopmentStorage=true', { host: '127.0.0.1', port: 10_001 }],
  [' usedevelopmentstorage = True ;', { host: '127.0.0.1', port: 10_001 }],
  ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://other', undefined],
  [emulated(5000), { host: '127.0.0.1', port: 5000 }],
  [emulated(5000, 'azurite'), undefined],
  [
    'AccountName=devstoreaccount1;AccountKey=x;BlobEndpoint=http://127.0.0.1:5000/devstoreaccount1',
    undefined,
  ],
  ['AccountName=real;AccountKey=x;QueueEndpoint=http://127.0.0.1:5000/real', undefined],
])('the emulator of %s is %j', (connectionString, address) => {
  expect(findEmulator({ kind: 'connectionString', setting: 'S', connectionString }, 'queue')).toEqual(address)
})

test('says what to do when nothing listens at the development storage, without its secret', async () => {
  const emulators = new Emulators({ root: tmpdir(), dataDir: tmpdir(), log: () => {} })
  const port = await findFreePort()
  const connection = readStorageConnection({ Mine: emulated(port) }, 'Mine')
  const refused = emulators.ensure(connection, 'queue')
  await expect(refused).rejects.toThrow(
    `The app setting 'Mine' names the development storage, but nothing listens at 127.0.0.1:${port}. Start Azurite there, or install it in the app, and this host starts it: npm install --save-dev azurite`,
  )
  const server = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  await emulators.ensure(connection, 'queue')
})

test('says which package is missing', () => {
  expect(() => requireQueuePackage()).not.toThrow()
  const resolve = (): string => {
    throw new Error('Cannot find module')
  }
  expect(() => requireQueuePackage(resolve)).toThrow('npm install @azure/storage-queue')
})

test('reads the settings of queues', () => {
  expect(parseQueueSettings(undefined)).toMatchObject({
    batchSize: 16,
    maxDequeueCount: 5,
    visibilityTimeoutMs: 0,
    maxPollingIntervalMs: 2000,
    messageEncoding: 'base64',
  })
  const given = {
    batchSize: '32',
    newBatchThreshold: 0,
    visibilityTimeout: '00:01:00',
    messageEncoding: 'None',
  }
  expect(parseQueueSettings(given)).toMatchObject({
    batchSize: 32,
    newBatchThreshold: 0,
    visibilityTimeoutMs: 60_000,
    messageEncoding: 'none',
  })
})

test.each([
  [{ batchSize: 33 }, 'batchSize must be a whole number from 1 to 32, not 33'],
  [{ batchSize: 0 }, 'batchSize'],
  [{ maxDequeueCount: 0 }, 'maxDequeueCount must be a whole number of at least 1, not 0'],
  [{ newBatchThreshold: 1.5 }, 'newBatchThreshold'],
  [{ visibilityTimeout: 5 }, 'visibilityTimeout must be a time'],
  [{ maxPollingInterval: '00:00:00' }, 'maxPollingInterval'],
  [{ messageEncoding: 'utf8' }, 'messageEncoding must be "base64" or "none", not "utf8"'],
])('refuses %j', (settings, message) => {
  expect(() => parseQueueSettings(settings)).toThrow(message)
})
