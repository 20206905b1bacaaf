import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { InvocationOutcome } from '../../../src/host/functions.js'
import { ProcessLock } from '../../../src/host/process-lock.js'
import { BlobListener } from '../../../src/host/storage/blob-listener.js'
import { parseBlobPattern } from '../../../src/host/storage/blob-path.js'
import { BlobReceipts } from '../../../src/host/storage/blob-receipts.js'
import { parseBlobSettings } from '../../../src/host/storage/blob-settings.js'
import type {
  BlobAddress,
  BlobDescription,
  BlobStore,
  ListedBlob,
} from '../../../src/host/storage/blob-store.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { pass, stopClock } from './kit.js'

beforeEach(stopClock)

/** One container in memory. */
class MemoryBlobs implements BlobStore {
  readonly blobs = new Map<string, { readonly text: string; readonly etag: string }>()
  failure: Error | undefined
  #versions = 0

  put(name: string, text: string): void {
    this.blobs.set(name, { text, etag: `v${this.#versions++}` })
  }

  async list(_container: string, prefix: string): Promise<readonly ListedBlob[]> {
    if (this.failure !== undefined) throw this.failure
    return [...this.blobs]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, { etag }]) => ({ name, etag, blobType: 'BlockBlob' }))
  }

  async describe({ name }: BlobAddress, etag: string): Promise<BlobDescription | undefined> {
    const found = this.blobs.get(name)
    return found?.etag === etag ? { url: `http://blobs/${name}`, metadata: {}, properties: {} } : undefined
  }

  async read({ name }: BlobAddress, etag: string): Promise<Uint8Array | undefined> {
    const found = this.blobs.get(name)
    return found?.etag === etag ? Buffer.from(found.text) : undefined
  }

  async write(): Promise<void> {}
}

/** A blob function whose runs the test ends. */
function startListener({ blobs = new MemoryBlobs(), folder = createTempFolder(), settings = {} } = {}) {
  const runs: { readonly text: string; succeed(): Promise<void>; fail(): Promise<void> }[] = []
  const logs: string[] = []
  const poison: unknown[] = []
  const trigger = { type: 'blobTrigger', name: 'blob', direction: 'in' }
  const listener = new BlobListener({
    definition: { name: 'f', trigger, bindings: { trigger }, disabled: false },
    pattern: parseBlobPattern('images/{name}'),
    blobs,
    settings: parseBlobSettings(settings),
    lock: new ProcessLock(join(folder, 'f.lock')),
    openReceipts: () => new BlobReceipts(join(folder, 'f.db')),
    toReference: undefined,
    addPoison: async (message) => void poison.push(JSON.parse(message)),
    log: (_, message) => void logs.push(message),
    invoker: {
      invoke: (_, { input }) =>
        new Promise((resolve) => {
          const end = async (outcome: InvocationOutcome): Promise<void> => {
            resolve(outcome)
            await pass(0)
          }
          runs.push({
            text: 'bytes' in input ? Buffer.from(input.bytes).toString() : '',
            succeed: () => end({ succeeded: true, returnValue: undefined, outputs: {} }),
            fail: () => end({ succeeded: false, message: 'broken', stack: '', timedOut: false }),
          })
        }),
    },
  })
  listener.start()
  const stop = async (): Promise<void> => {
    const stopping = listener.stop(1000)
    for (const run of runs) await run.fail()
    await stopping
  }
  onTestFinished(stop)
  return { blobs, folder, runs, logs, poison, stop }
}

const textsOf = (runs: readonly { readonly text: string }[]) => runs.map(({ text }) => text)

test('runs once for each version, one at a time for each blob', async () => {
  const { blobs, runs } = startListener()
  blobs.put('a', 'first')
  await pass(3)
  blobs.put('a', 'second')
  await pass(3)
  expect(textsOf(runs)).toEqual(['first'])
  await runs[0]?.succeed()
  await pass(3)
  await runs[1]?.succeed()
  await pass(60)
  expect(textsOf(runs)).toEqual(['first', 'second'])
})

test('tries a failing blob again until the threshold, and tells the poison queue', async () => {
  const { blobs, runs, poison, logs } = startListener({ settings: { poisonBlobThreshold: 3 } })
  blobs.put('a', 'bad')
  for (let count = 1; count <= 3; count += 1) {
    await pass(2)
    expect(runs).toHaveLength(count)
    await runs.at(-1)?.fail()
  }
  await pass(60)
  expect(runs).toHaveLength(3)
  expect(poison).toEqual([
    {
      FunctionId: 'Host.Functions.f',
      BlobType: 'BlockBlob',
      ContainerName: 'images',
      BlobName: 'a',
      ETag: 'v0',
    },
  ])
  expect(logs).toEqual([expect.stringContaining('has failed 3 times')])
  blobs.put('a', 'better')
  await pass(2)
  expect(textsOf(runs).at(-1)).toBe('better')
})

test('remembers across processes what it has done, and tries that a process began counts', async () => {
  const blobs = new MemoryBlobs()
  const folder = createTempFolder()
  blobs.put('done', 'done')
  const settings = { poisonBlobThreshold: 2 }
  const first = startListener({ blobs, folder, settings })
  await pass(2)
  await first.runs[0]?.succeed()
  blobs.put('crashes', 'crashes')
  await pass(2)
  await first.stop()
  for (const expected of [['crashes'], []]) {
    const next = startListener({ blobs, folder, settings })
    await pass(3)
    expect(textsOf(next.runs)).toEqual(expected)
    await next.stop()
  }
})

test('a blob whose last try ended with the process is given up without another', async () => {
  const blobs = new MemoryBlobs()
  const folder = createTempFolder()
  blobs.put('crashes', 'x')
  const receipts = new BlobReceipts(join(folder, 'f.db'))
  for (let attempt = 1; attempt <= 2; attempt += 1) receipts.begin({ name: 'crashes', etag: 'v0' })
  receipts.close()
  const { runs, poison } = startListener({ blobs, folder, settings: { poisonBlobThreshold: 2 } })
  await pass(5)
  expect([runs.length, poison.length]).toEqual([0, 1])
})

test('one process on a data folder runs the function, and another takes over when that stops', async () => {
  const first = startListener()
  const second = startListener({ blobs: first.blobs, folder: first.folder })
  first.blobs.put('a', 'one')
  await pass(2)
  expect([textsOf(first.runs), textsOf(second.runs)]).toEqual([['one'], []])
  await first.runs[0]?.succeed()
  await first.stop()
  first.blobs.put('b', 'two')
  await pass(2)
  expect([textsOf(first.runs), textsOf(second.runs)]).toEqual([['one'], ['two']])
})

test('a file of receipts that cannot be used is said once, and looked at again', async () => {
  const folder = createTempFolder()
  mkdirSync(join(folder, 'f.db'))
  const { blobs, runs, logs } = startListener({ folder })
  blobs.put('a', 'x')
  await pass(10)
  expect([runs.length, logs.length]).toEqual([0, 1])
  rmSync(join(folder, 'f.db'), { recursive: true })
  await pass(2)
  expect(runs).toHaveLength(1)
})

test('works on so many blobs at a time', async () => {
  const { blobs, runs } = startListener({ settings: { maxDegreeOfParallelism: 2 } })
  for (const name of ['a', 'b', 'c']) blobs.put(name, name)
  await pass(10)
  expect(textsOf(runs)).toEqual(['a', 'b'])
  await runs[0]?.succeed()
  await pass(2)
  expect(textsOf(runs)).toEqual(['a', 'b', 'c'])
})

test('a blob that is replaced before it is read is left to the next look', async () => {
  const { blobs, runs } = startListener()
  blobs.describe = async () => undefined
  blobs.put('a', 'gone')
  await pass(5)
  expect(runs).toEqual([])
})

test('says once what is wrong with the service', async () => {
  const { blobs, logs, runs } = startListener()
  blobs.failure = new Error('nobody there')
  await pass(30)
  expect(logs).toEqual(["The listener for function 'f' was unable to read and tries again: nobody there"])
  blobs.failure = undefined
  blobs.put('a', 'x')
  await pass(2)
  expect(runs).toHaveLength(1)
})
