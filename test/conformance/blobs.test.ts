import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueClient } from '@azure/storage-queue'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toStorageConnectionString } from '../support/azurite.js'
import { eventually } from '../support/eventually.js'
import { findFreePort } from '../support/free-port.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempFolder } from '../support/temp-folder.js'

/** For tests that start several processes one after another, on a machine that has other things to do. */
const slowMs = 120_000

const root = join(import.meta.dirname, '../fixtures/apps/blobs')
const dataDir = createTempFolder(afterAll)
const effects = join(dataDir, 'effects')
// The SDK would wait for seconds before it tries again.
const oneTry = { retryOptions: { maxTries: 1 } }
let connectionString: string
let service: BlobServiceClient
let host: SpawnedHost

async function start(): Promise<SpawnedHost> {
  const started = await spawnHost({ root, dataDir, env: { Files: connectionString, EFFECTS: effects } })
  await started.waitForOutput(/Started Azurite's blob service/, 20_000)
  return started
}

beforeAll(async () => {
  connectionString = toStorageConnectionString({
    blobPort: await findFreePort(),
    queuePort: await findFreePort(),
  })
  service = BlobServiceClient.fromConnectionString(connectionString, oneTry)
  writeFileSync(effects, '')
  host = await start()
})
afterAll(async () => {
  await host.stop('SIGKILL')
})

async function upload(container: string, name: string, content: string, metadata = {}): Promise<void> {
  const client = service.getContainerClient(container)
  await client.createIfNotExists()
  await client.getBlockBlobClient(name).upload(Buffer.from(content, 'latin1'), content.length, { metadata })
}

/** Undefined when there is no such blob. */
async function download(container: string, name: string): Promise<string | undefined> {
  const client = service.getContainerClient(container).getBlobClient(name)
  return client.downloadToBuffer().then(
    (bytes) => bytes.toString('latin1'),
    () => undefined,
  )
}

interface Effect {
  readonly resized?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly failed?: string
  readonly client?: unknown
}

function readEffects(): readonly Effect[] {
  const lines = readFileSync(effects, 'utf8').split('\n').slice(0, -1)
  return lines.map((line): Effect => JSON.parse(line))
}

const readResized = () => readEffects().flatMap(({ resized }) => (resized === undefined ? [] : [resized]))

test('runs a blob trigger with the bytes and what is known of the blob, and writes its output blob', async () => {
  await upload('images', 'deep/cat.v1.png', '\xff\x00\x80cat', { Owner: 'ada' })
  await upload('images', 'no-extension', 'ignored')
  expect(await eventually(() => download('thumbs', 'deep/cat.v1-small.png'))).toBe('\xff\x00')
  expect(readEffects()).toEqual([
    {
      resized: '\xff\x00\x80cat',
      metadata: {
        blobTrigger: 'images/deep/cat.v1.png',
        name: 'deep/cat.v1',
        extension: 'png',
        uri: expect.stringMatching(/\/devstoreaccount1\/images\/deep(?:\/|%2F)cat\.v1\.png$/),
        metadata: { owner: 'ada' },
        properties: expect.objectContaining({ contentLength: 6, blobType: 'BlockBlob' }),
      },
    },
  ])
})

test(
  'handles each version of a blob once, also across restarts and crashes',
  async () => {
    await upload('images', 'one.txt', 'first')
    await eventually(() => readResized().includes('first'))
    await upload('images', 'one.txt', 'second')
    await eventually(() => readResized().includes('second'))
    await host.stop()
    host = await start()
    await upload('images', 'two.txt', 'third')
    await host.waitForOutput(/Executed 'Functions\.resize' \(Succeeded/, 20_000)
    await host.stop('SIGKILL')
    host = await start()
    await upload('images', 'three.txt', 'fourth')
    await eventually(() => readResized().includes('fourth'))
    expect(readResized().slice(1)).toEqual(['first', 'second', 'third', 'fourth'])
  },
  slowMs,
)

test('gives a blob up that failed too often, with a message in the poison queue', async () => {
  await upload('bad', 'apple', 'x')
  const queue = new QueueClient(connectionString, 'webjobs-blobtrigger-poison', oneTry)
  const text = await eventually(async () => {
    const peeked = await queue.peekMessages().catch(() => undefined)
    return peeked?.peekedMessageItems[0]?.messageText
  })
  expect(JSON.parse(Buffer.from(text, 'base64').toString())).toEqual({
    FunctionId: 'Host.Functions.failing',
    BlobType: 'BlockBlob',
    ContainerName: 'bad',
    BlobName: 'apple',
    ETag: expect.stringMatching(/^"?0x/),
  })
  await host.waitForOutput(/Function 'failing' has failed 2 times for blob 'bad\/apple'/)
  expect(readEffects().filter(({ failed }) => failed === 'bad/apple')).toHaveLength(2)
})

test('gives an SDK client where the app asks for one, and says that Event Grid is not there', async () => {
  await upload('clients', 'big.bin', 'x')
  const client = await eventually(() => readEffects().find((effect) => effect.client !== undefined)?.client)
  expect(client).toEqual({ Connection: 'Files', ContainerName: 'clients', BlobName: 'big.bin' })
  expect(host.output()).toMatch(/blob trigger of function 'byClient' has source EventGrid/)
})

test('reads input blobs and writes output blobs at paths made of the request', async () => {
  await upload('notes', '7.txt', 'remember')
  const send = (id: string, body: object): Promise<Response> =>
    fetch(`${host.url}/api/notes/${id}?suffix=end`, { method: 'POST', body: JSON.stringify(body) })
  expect(await (await send('7', { body: { to: 'ada' } })).json()).toEqual({ found: 'remember' })
  expect(await download('copies', '7/ada-end')).toBe('{"found":"remember"}')
  expect(await (await send('8', { body: { to: 'ada' } })).json()).toEqual({ found: null })
  expect((await send('9', {})).status).toBe(500)
  await host.waitForOutput(/\(blob\) after function returned: No value for named parameter 'body\.to'\./)
})
