import type { HostExtension } from '../host/functions.js'
import type { HostContext } from '../host/host-context.js'

export interface DurablePartOptions {
  readonly context: HostContext
  /** Absolute path of the folder for the task hub. */
  readonly dataDir: string
  readonly leaseMs: number
  /** The key of the durable API, where requests must carry it. */
  readonly webhookKey: string | undefined
}

/**
 * Loads the Durable extension and returns what makes it for a host.
 * Loaded only when a host starts, because its store needs `node:sqlite`, which other verbs do not.
 */
export async function loadDurableExtension(): Promise<(options: DurablePartOptions) => HostExtension> {
  const { createDurableExtension } = await import('../host/durable/durable-extension.js')
  return ({ context, dataDir, leaseMs, webhookKey }) => {
    const extension = createDurableExtension({
      settings: context.hostJson.extensions.durableTask,
      baseUrl: `http://${context.hostName}`,
      dataDir,
      leaseMs,
      root: context.root,
      webhookKey,
      log: (level, message) => context.log.write(level, 'Host.Triggers.DurableTask', message),
    })
    return { bindingTypes: ['durableClient', 'orchestrationClient'], ...extension }
  }
}
