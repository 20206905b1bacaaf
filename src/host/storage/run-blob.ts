import { toErrorMessage } from '../../core/errors.js'
import type { FunctionDefinition, FunctionInvoker, TypedData } from '../functions.js'
import type { ExtensionLog } from '../host-extension.js'
import { poisonQueueName, toBlobMetadata, toPoisonMessage } from './blob-message.js'
import type { BlobPattern } from './blob-path.js'
import type { BlobReceipts } from './blob-receipts.js'
import type { BlobSettings } from './blob-settings.js'
import type { BlobAddress, BlobStore, ListedBlob } from './blob-store.js'

/** What the runs of one blob function share. */
export interface BlobRunOptions {
  readonly definition: FunctionDefinition
  readonly invoker: FunctionInvoker
  readonly pattern: BlobPattern
  readonly blobs: BlobStore
  readonly settings: BlobSettings
  /** The trigger's value, when the app asks for a client instead of the content. */
  readonly toReference: ((address: BlobAddress) => TypedData) | undefined
  /** Keeps the message about a blob that was given up. */
  readonly addPoison: (message: string) => Promise<void>
  readonly log: ExtensionLog
}

export interface BlobTask {
  readonly blob: ListedBlob
  /** What the path's parameters stand for. */
  readonly parameters: Readonly<Record<string, string>>
  readonly receipts: BlobReceipts
}

/** One try at one version of a blob, which ends it when it succeeds or was the last (WebJobs: BlobQueueTriggerExecutor). Never rejects. */
export async function runBlob(options: BlobRunOptions, task: BlobTask): Promise<void> {
  const { definition, settings, log } = options
  const { blob, receipts } = task
  try {
    const outcome = await tryOnce(options, task)
    if (outcome === 'gone') return
    if (outcome.attempt >= settings.poisonBlobThreshold && !outcome.succeeded) await giveUp(options, blob)
    else if (!outcome.succeeded) return
    receipts.finish(blob)
  } catch (error) {
    log('error', `Function '${definition.name}', blob '${blob.name}': ${toErrorMessage(error)}`)
  }
}

/** `gone` when it has been deleted or replaced since: what replaced it is found by the next look. */
async function tryOnce(
  options: BlobRunOptions,
  { blob, parameters, receipts }: BlobTask,
): Promise<'gone' | { readonly attempt: number; readonly succeeded: boolean }> {
  const { definition, invoker, pattern, blobs, settings } = options
  const address = { container: pattern.container, name: blob.name }
  const description = await blobs.describe(address, blob.etag)
  const input = description && (await readInput(options, blob))
  if (description === undefined || input === undefined) return 'gone'
  const attempt = receipts.begin(blob)
  // A process that ended in the middle of the last try has not given it up.
  if (attempt > settings.poisonBlobThreshold) return { attempt, succeeded: false }
  const { succeeded } = await invoker.invoke(definition, {
    input,
    triggerMetadata: toBlobMetadata(address, description, parameters),
    reason: `New blob detected(LogsAndContainerScan): ${pattern.container}/${blob.name}`,
  })
  return { attempt, succeeded }
}

async function readInput(
  { pattern, blobs, toReference }: BlobRunOptions,
  { name, etag }: ListedBlob,
): Promise<TypedData | undefined> {
  const address = { container: pattern.container, name }
  if (toReference !== undefined) return toReference(address)
  const bytes = await blobs.read(address, etag)
  return bytes && { bytes }
}

/** The blob counts as dealt with even if nobody can be told. */
async function giveUp(
  { definition, pattern, settings, addPoison, log }: BlobRunOptions,
  blob: ListedBlob,
): Promise<void> {
  const { name } = definition
  const message = toPoisonMessage(name, pattern.container, blob)
  const failures = `Function '${name}' has failed ${settings.poisonBlobThreshold} times for blob '${pattern.container}/${blob.name}'.`
  try {
    await addPoison(message)
    log('warning', `${failures} A message about it is in queue '${poisonQueueName}'.`)
  } catch (error) {
    log(
      'error',
      `${failures} No message about it could be added to queue '${poisonQueueName}': ${toErrorMessage(error)}`,
    )
  }
}
