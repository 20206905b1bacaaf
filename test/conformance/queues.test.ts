import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QueueClient } from '@azure/storage-queue'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isListening } from '../../src/host/storage/is-listening.js'
import { toStorageConnectionString } from '../support/azurite.js'
import { eventually } from '../support/eventually.js'
import { findFreePort } from '../support/free-port.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempApp } from '../support/temp-app.js'
import { createTempFolder } from '../support/temp-folder.js'

/** For tests that start several processes one after another, on a machine that has other things to do. */
const slowMs = 120_000

const root = join(import.meta.dirname, '../fixtures/apps/queues')
const dataDir = createTempFolder(afterAll)
const effects = join(dataDir, 'effects')
/** JSON as outputs are written. */
const toLines = (value: object): string => JSON.stringify(value, undefined, 2)
const toBase64 = (text: string): string => Buffer.from(text).toString('base64')
let port: number
let connectionString: string
let host: SpawnedHost

const start = (): Promise<SpawnedHost> =>
  spawnHost({ root, dataDir, env: { Orders: connectionString, EFFECTS: effects, OTHERS: 'others' } })

beforeAll(async () => {
  port = await findFreePort()
  connectionString = toStorageConnectionString({ queuePort: port })
  writeFileSync(effects, '')
  host = await start()
  await host.waitForOutput(/Started Azurite's queue service/, 20_000)
})
afterAll(async () => {
  await host.stop('SIGKILL')
})

function open(name: string): QueueClient {
  return new QueueClient(connectionString, name)
}

async function send(name: string, text: string): Promise<void> {
  const queue = open(name)
  await queue.createIfNotExists()
  await queue.sendMessage(text)
}

/** The messages of a queue, decoded, once there are so many. */
function waitForTexts(name: string, count: number): Promise<readonly string[]> {
  return eventually(async () => {
    const peeked = await open(name)
      .peekMessages({ numberOfMessages: 32 })
      .catch(() => undefined)
    const items = peeked?.peekedMessageItems ?? []
    if (items.length < count) return false
    return items.map(({ messageText }) => Buffer.from(messageText, 'base64').toString())
  })
}

interface Effect {
  readonly item?: unknown
  readonly failing?: unknown
  readonly dequeueCount: number
  readonly [member: string]: unknown
}

function readEffects(): readonly Effect[] {
  const lines = readFileSync(effects, 'utf8').split('\n').slice(0, -1)
  return lines.map((line): Effect => JSON.parse(line))
}

test('120. starts the emulator that the settings name, and gives messages to the function with what the queue says of them', async () => {
  await send('orders', toBase64('{"a":1,"customer":"Ada"}'))
  await send('orders', toBase64('plain text'))
  await send('orders', toBase64('5'))
  expect(await waitForTexts('results', 3)).toEqual(
    expect.arrayContaining([{ a: 1, customer: 'Ada' }, 'plain text', 5].map((done) => toLines({ done }))),
  )
  const found = readEffects().find(({ item }) => typeof item === 'object')
  expect(found).toEqual({
    item: { a: 1, customer: 'Ada' },
    queueTrigger: { a: 1, customer: 'Ada' },
    customer: 'Ada',
    dequeueCount: 1,
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    insertionTime: expect.stringMatching(/^20.*\+00:00$/),
    popReceipt: expect.any(String),
  })
  // It takes a message out of the queue once its function has ended, and with that its outputs.
  await expect.poll(async () => (await open('orders').getProperties()).approximateMessagesCount).toBe(0)
})

test('120. 121. tries a failing message five times, whatever the retry policy says, and then moves it to the poison queue', async () => {
  await send('failing', toBase64('{"a":1}'))
  expect(await waitForTexts('failing-poison', 1)).toEqual(['{"a":1}'])
  const attempts = readEffects().filter(({ failing }) => failing !== undefined)
  expect(attempts).toEqual([1, 2, 3, 4, 5].map((dequeueCount) => ({ failing: { a: 1 }, dequeueCount })))
  expect(host.output()).toContain(
    "Message has reached MaxDequeueCount of 5. Moving message to queue 'failing-poison'.",
  )
  expect(host.output()).toMatch(/Function failing has a retry policy, which a queueTrigger does not obey/)
})

test('writes outputs: text as it is, objects as JSON, an array as a message each, to a queue that it makes', async () => {
  await open('results').clearMessages()
  const body = JSON.stringify({ value: 'just text', list: ['one', { two: 2 }] })
  const answer = await fetch(`${host.url}/api/send`, { method: 'POST', body })
  expect(answer.status).toBe(202)
  expect(await waitForTexts('results', 1)).toEqual(['just text'])
  expect(await waitForTexts('others', 2)).toEqual(['one', toLines({ two: 2 })])
})

test('an output that cannot be written fails the invocation', async () => {
  const answer = await fetch(`${host.url}/api/tooLong`)
  expect([answer.status, await answer.text()]).toEqual([500, ''])
  await host.waitForOutput(
    /Error while handling parameter queueOutput\w+ \(queue\) after function returned: /,
  )
})

test('says at the start which outputs it does not write', () => {
  expect(host.output()).toMatch(
    /Function nowhere has a cosmosDB output, which this development host does not/,
  )
})

test(
  'what runs when the host is stopped is finished, and the emulator ends with the host, also with a crash',
  async () => {
    await open('results').clearMessages()
    await send('orders', toBase64('{"wait":500}'))
    await host.waitForOutput(
      /Executing 'Functions\.orders' \(Reason='New queue message detected on 'orders'\.'/,
    )
    await eventually(() => readEffects().some(({ item }) => JSON.stringify(item) === '{"wait":500}'))
    expect(await host.stop()).toBe(0)
    expect(await isListening({ host: '127.0.0.1', port })).toBe(false)

    host = await start()
    expect(await waitForTexts('results', 1)).toEqual([toLines({ done: { wait: 500 } })])
    await host.stop('SIGKILL')
    await eventually(async () => !(await isListening({ host: '127.0.0.1', port })))
  },
  slowMs,
)

test('a function whose connection or queue cannot be is in error, the others run', async () => {
  const app = await createTempApp({
    'package.json': { main: 'index.js' },
    'index.js': `const { app } = require('@azure/functions')
      const handler = async () => {}
      app.storageQueue('lost', { queueName: 'orders', connection: 'Missing', handler })
      app.storageQueue('odd', { queueName: 'no_good', connection: '', handler })
      app.http('fine', { handler: async () => ({}) })`,
  })
  const other = await spawnHost({ root: app.root })
  try {
    expect(other.output()).toContain(
      "The 'lost' function is in error: Storage account connection string 'Missing' does not exist.",
    )
    expect(other.output()).toContain(`The 'odd' function is in error: The queue name "no_good" is not valid`)
    expect((await fetch(`${other.url}/api/fine`)).status).toBe(200)
  } finally {
    await other.stop('SIGKILL')
    await app.remove()
  }
})
