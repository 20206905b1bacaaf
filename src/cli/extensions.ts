import type { HostExtension } from '../host/functions.js'
import type { HostContext } from '../host/host-context.js'
import type { AppKeys } from '../host/keys/app-keys.js'
import { createMcpExtension } from '../host/mcp/mcp-extension.js'
import { createBlobExtension } from '../host/storage/blob-extension.js'
import { Emulators } from '../host/storage/emulators.js'
import { createQueueExtension } from '../host/storage/queue-extension.js'
import { createTimerExtension } from '../host/timers/timer-extension.js'
import { loadDurableExtension } from './durable-extension.js'

export interface ExtensionsOptions {
  /** Absolute path of the folder for everything that outlives the process. */
  readonly dataDir: string
  readonly leaseMs: number
  readonly keys: AppKeys
  /** Whether requests must carry keys. */
  readonly enableAuth: boolean
}

/** What makes the parts of a host that own trigger types. */
export async function loadExtensions({
  dataDir,
  leaseMs,
  keys,
  enableAuth,
}: ExtensionsOptions): Promise<(context: HostContext) => readonly HostExtension[]> {
  const createDurablePart = await loadDurableExtension()
  const webhookKey = enableAuth ? keys.ofExtension('durabletask') : undefined
  return (context) => [
    createDurablePart({ context, dataDir, leaseMs, webhookKey }),
    createTimerExtension({ dataDir, log: toLog(context, 'Timer') }),
    ...createStorageParts(context, dataDir),
    createMcpPart(context, keys),
  ]
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

function toLog({ log }: HostContext, part: string) {
  return (level: 'information' | 'warning' | 'error', message: string): void =>
    log.write(level, `Host.Triggers.${part}`, message)
}
