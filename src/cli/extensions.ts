import type { HostExtension } from '../host/functions.js'
import type { HostContext } from '../host/host-context.js'
import { Emulators } from '../host/storage/emulators.js'
import { createQueueExtension } from '../host/storage/queue-extension.js'
import { createTimerExtension } from '../host/timers/timer-extension.js'
import { loadDurableExtension } from './durable-extension.js'

export interface ExtensionsOptions {
  /** Absolute path of the folder for everything that outlives the process. */
  readonly dataDir: string
  readonly leaseMs: number
}

/** What makes the parts of a host that own trigger types. */
export async function loadExtensions({
  dataDir,
  leaseMs,
}: ExtensionsOptions): Promise<(context: HostContext) => readonly HostExtension[]> {
  const createDurablePart = await loadDurableExtension()
  return (context) => [
    createDurablePart({ context, dataDir, leaseMs }),
    createTimerExtension({ dataDir, log: toLog(context, 'Timer') }),
    createQueuePart(context, dataDir),
  ]
}

function createQueuePart(context: HostContext, dataDir: string): HostExtension {
  const { root, hostJson } = context
  return createQueueExtension({
    settings: hostJson.extensions.queues,
    appSettings: process.env,
    emulators: new Emulators({ root, dataDir, log: toLog(context, 'Storage') }),
    log: toLog(context, 'Queues'),
  })
}

function toLog({ log }: HostContext, part: string) {
  return (level: 'information' | 'warning' | 'error', message: string): void =>
    log.write(level, `Host.Triggers.${part}`, message)
}
