import { createDurableExtension } from '../host/durable/durable-extension.js'
import type { ExtensionLog, HostContext, HostExtension } from '../host/host-extension.js'
import type { AppKeys } from '../host/keys/app-keys.js'
import { createTimerExtension } from '../host/timers/timer-extension.js'

export interface ExtensionsOptions {
  /** Absolute path of the folder for everything that outlives the process. */
  readonly dataDir: string
  readonly leaseMs: number
  readonly keys: AppKeys
  /** Whether requests must carry keys. */
  readonly enableAuth: boolean
}

/** The parts of a host that own trigger types. Those that few apps need are loaded for these. */
export async function createExtensions(
  context: HostContext,
  options: ExtensionsOptions,
): Promise<readonly HostExtension[]> {
  const { dataDir, keys } = options
  return [
    createDurablePart(context, options),
    createTimerExtension({ dataDir, log: toLog(context, 'Timer') }),
    ...(has(context, 'queueTrigger', 'queue', 'blobTrigger', 'blob')
      ? await createStorageParts(context, dataDir)
      : []),
    ...(has(context, 'mcpToolTrigger', 'mcpResourceTrigger', 'mcpPromptTrigger')
      ? [await createMcpPart(context, keys)]
      : []),
  ]
}

function has({ bindingTypes }: HostContext, ...types: readonly string[]): boolean {
  return types.some((type) => bindingTypes.has(type.toLowerCase()))
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

async function createStorageParts(context: HostContext, dataDir: string): Promise<readonly HostExtension[]> {
  const [{ Emulators }, { createQueueExtension }, { createBlobExtension }] = await Promise.all([
    import('../host/storage/emulators.js'),
    import('../host/storage/queue-extension.js'),
    import('../host/storage/blob-extension.js'),
  ])
  const { root, hostJson } = context
  const { queues, blobs } = hostJson.extensions
  const appSettings = process.env
  const emulators = new Emulators({ root, dataDir, log: toLog(context, 'Storage') })
  return [
    createQueueExtension({ settings: queues, appSettings, emulators, log: toLog(context, 'Queues') }),
    createBlobExtension({ settings: blobs, appSettings, dataDir, emulators, log: toLog(context, 'Blobs') }),
  ]
}

async function createMcpPart(context: HostContext, keys: AppKeys): Promise<HostExtension> {
  const { createMcpExtension } = await import('../host/mcp/mcp-extension.js')
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
