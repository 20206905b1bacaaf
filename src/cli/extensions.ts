import { createDurableExtension } from '../host/durable/durable-extension.js'
import type { ExtensionLog } from '../host/extension-log.js'
import type { HostExtension } from '../host/functions.js'
import type { HostContext } from '../host/host-context.js'
import type { AppKeys } from '../host/keys/app-keys.js'
import { createMcpExtension } from '../host/mcp/mcp-extension.js'
import { createBlobExtension } from '../host/storage/blob-extension.js'
import { Emulators } from '../host/storage/emulators.js'
import { createQueueExtension } from '../host/storage/queue-extension.js'
import { createTimerExtension } from '../host/timers/timer-extension.js'

export interface ExtensionsOptions {
  /** Absolute path of the folder for everything that outlives the process. */
  readonly dataDir: string
  readonly leaseMs: number
  readonly keys: AppKeys
  /** Whether requests must carry keys. */
  readonly enableAuth: boolean
}

/** The parts of a host that own trigger types. */
export function createExtensions(context: HostContext, options: ExtensionsOptions): readonly HostExtension[] {
  const { dataDir, keys } = options
  return [
    createDurablePart(context, options),
    createTimerExtension({ dataDir, log: toLog(context, 'Timer') }),
    ...createStorageParts(context, dataDir),
    createMcpPart(context, keys),
  ]
}

function createDurablePart(
  context: HostContext,
  { dataDir, leaseMs, keys, enableAuth }: ExtensionsOptions,
): HostExtension {
  return createDurableExtension({
    settings: context.hostJson.extensions.durableTask,
    baseUrl: `http://${context.hostName}`,
    dataDir,
    leaseMs,
    root: context.root,
    webhookKey: enableAuth ? keys.ofExtension('durabletask') : undefined,
    log: toLog(context, 'DurableTask'),
  })
}

function createStorageParts(context: HostContext, dataDir: string): readonly HostExtension[] {
  const { root, hostJson } = context
  const { queues, blobs } = hostJson.extensions
  const appSettings = process.env
  const emulators = new Emulators({ root, dataDir, log: toLog(context, 'Storage') })
  return [
    createQueueExtension({ settings: queues, appSettings, emulators, log: toLog(context, 'Queues') }),
    createBlobExtension({ settings: blobs, appSettings, dataDir, emulators, log: toLog(context, 'Blobs') }),
  ]
}

function createMcpPart(context: HostContext, keys: AppKeys): HostExtension {
  return createMcpExtension({
    settings: context.hostJson.extensions.mcp,
    baseUrl: `http://${context.hostName}`,
    readKey: () => keys.ofExtension('mcp'),
    log: toLog(context, 'Mcp'),
  })
}

function toLog({ log }: HostContext, part: string): ExtensionLog {
  return (level, message) => log.write(level, `Host.Triggers.${part}`, message)
}
