import { join } from 'node:path'
import type { BindingInfo, FunctionDefinition, FunctionInvoker } from '../functions.js'
import { hasType } from '../has-type.js'
import type { ExtensionLog, HostExtension } from '../host-extension.js'
import { listenForEach } from '../listen-for-each.js'
import { ProcessLock } from '../process-lock.js'
import type { Settings } from '../settings/setting-names.js'
import { AzureBlobs } from './azure-blobs.js'
import { AzureQueue, requireQueuePackage } from './azure-queue.js'
import { BlobListener } from './blob-listener.js'
import { poisonQueueName, toBlobReference } from './blob-message.js'
import { parseBlobPattern } from './blob-path.js'
import { BlobReceipts } from './blob-receipts.js'
import { type BlobSettings, parseBlobSettings } from './blob-settings.js'
import { createBlobValues, wantsClient } from './blob-values.js'
import type { Emulators } from './emulators.js'
import { readStorageConnection } from './storage-connection.js'

export interface BlobExtensionOptions {
  /** Parsed `extensions.blobs` of host.json. */
  readonly settings: unknown
  /** Where connections are looked up. */
  readonly appSettings: Settings
  /** Folder for what functions have done with which blob, below `blobs`. Not on a network drive. */
  readonly dataDir: string
  readonly emulators: Emulators
  readonly log: ExtensionLog
}

const triggerType = 'blobTrigger'
const bindingType = 'blob'

/**
 * Storage blobs: runs blob triggers, reads blob inputs and writes blob outputs.
 * @throws {AgentError} `invalid_configuration` for unusable settings.
 */
export function createBlobExtension(options: BlobExtensionOptions): HostExtension {
  const { appSettings, emulators } = options
  const settings = parseBlobSettings(options.settings)
  const values = createBlobValues(appSettings, emulators)
  return {
    name: 'blobs',
    bindingTypes: [bindingType],
    check: (definition) => check(definition, options),
    readInput: (binding, context) =>
      hasType(binding, bindingType) ? values.read(binding, context) : undefined,
    writeOutput: (binding, data, context) =>
      hasType(binding, bindingType) ? values.write(binding, data, context) : undefined,
    ...listenForEach(triggerType, (definition, invoker) =>
      createListener(definition, invoker, options, settings),
    ),
    close: () => emulators.close(),
  }
}

function check({ name, bindings }: FunctionDefinition, { appSettings, log }: BlobExtensionOptions): void {
  for (const binding of Object.values(bindings)) {
    const isTrigger = hasType(binding, triggerType)
    if (isTrigger) parseBlobPattern(binding.path)
    else if (!hasType(binding, bindingType)) continue
    readStorageConnection(appSettings, binding.connection)
    if (isTrigger && isFromEventGrid(binding)) {
      const how = 'This development host has no Event Grid and looks into the container instead.'
      log('warning', `The blob trigger of function '${name}' has source EventGrid. ${how}`)
    }
  }
}

/** Whether Azure would learn of blobs through Event Grid. */
function isFromEventGrid({ source }: BindingInfo): boolean {
  return String(source).toLowerCase() === 'eventgrid'
}

function createListener(
  definition: FunctionDefinition,
  invoker: FunctionInvoker,
  { appSettings, dataDir, emulators, log }: BlobExtensionOptions,
  settings: BlobSettings,
): BlobListener {
  const { trigger } = definition
  const connection = readStorageConnection(appSettings, trigger.connection)
  // Function names are safe in file names, and the same in any casing.
  const file = join(dataDir, 'blobs', definition.name.toLowerCase())
  return new BlobListener({
    definition,
    invoker,
    pattern: parseBlobPattern(trigger.path),
    blobs: new AzureBlobs({ connection, emulators }),
    settings,
    toReference: wantsClient(trigger) ? (address) => toBlobReference(connection.setting, address) : undefined,
    addPoison: async (message) => {
      requireQueuePackage()
      const queue = new AzureQueue({ name: poisonQueueName, connection, emulators })
      await queue.add(Buffer.from(message).toString('base64'))
    },
    lock: new ProcessLock(`${file}.lock`),
    openReceipts: () => new BlobReceipts(`${file}.db`),
    log,
  })
}
