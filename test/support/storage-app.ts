import { QueueClient } from '@azure/storage-queue'
import { toStorageConnectionString } from './azurite.js'
import { findFreePort } from './free-port.js'
import type { RunningApp, StartAppOptions, TestBed } from './start-app.js'

/** An app whose `AzureWebJobsStorage` is an emulator of its own. */
export interface StorageApp {
  readonly app: RunningApp
  /** Puts a message into a queue; gives the queue's id of it. */
  send(queue: string, text: string): Promise<string>
}

/** Starts an app with a queue trigger, and with it the emulated storage account. */
export async function startStorageApp(bed: TestBed, options: StartAppOptions): Promise<StorageApp> {
  const connection = toStorageConnectionString({
    queuePort: await findFreePort(),
    blobPort: await findFreePort(),
  })
  const app = await bed.startApp({ ...options, env: { AzureWebJobsStorage: connection, ...options.env } })
  await app.waitForOutput(/Started Azurite's queue service/, 20_000)
  return {
    app,
    async send(name, text) {
      const queue = new QueueClient(connection, name)
      await queue.createIfNotExists()
      return (await queue.sendMessage(Buffer.from(text).toString('base64'))).messageId
    },
  }
}
