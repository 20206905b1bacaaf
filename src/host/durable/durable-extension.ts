import type { BindingInfo, FunctionDefinition, FunctionInvoker } from '../functions.js'
import type { ExtensionLog, HostExtension } from '../host-extension.js'
import { writeAnswer } from './api/durable-answer.js'
import { type DurableApi, openDurableApi } from './api/durable-api.js'
import { type DurableSettings, parseDurableSettings } from './durable-settings.js'
import { HostLease } from './hub/host-lease.js'
import { readOwnIdentity } from './hub/process-identity.js'
import { TaskHub } from './hub/task-hub.js'
import { serveFunctions } from './serve-functions.js'
import { HubWatch } from './work/hub-watch.js'
import { WorkDispatcher } from './work/work-dispatcher.js'

export interface DurableExtensionOptions {
  /** Parsed `extensions.durableTask` of host.json (unknown JSON object). */
  readonly settings: unknown
  /** Base URL the host is reachable at, e.g. `http://localhost:7071`. */
  readonly baseUrl: string
  /** Folder for the task hub's file; made when absent. Not on a network drive. */
  readonly dataDir: string
  /** How long a silent host process keeps its leases, in milliseconds. @default 5000 */
  readonly leaseMs?: number
  readonly log: ExtensionLog
  /** Folder of the app: the calls of its client library are then answered without a connection, where that is possible. @default none */
  readonly root?: string | undefined
  /** Stands in the links that callers get, where requests must carry one. @default none is checked */
  readonly webhookKey?: string | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number
}

/**
 * The Durable extension: orchestrations, activities and entities, their HTTP API, and the `durableClient` input, on a SQLite task hub that
 * several host processes may share. `hub/` is that file, `work/` shares out what is to be done, `entities/`, `activities/` and
 * `orchestrations/` do it, and `api/` answers clients.
 *
 * @throws {AgentError} `invalid_configuration` for unusable settings. Its `start` rejects when the hub's file cannot be used.
 */
export function createDurableExtension(options: DurableExtensionOptions): HostExtension {
  const settings = parseDurableSettings(options.settings)
  let running: RunningExtension | undefined
  return {
    name: 'durabletask',
    triggerTypes: ['entityTrigger', 'orchestrationTrigger', 'activityTrigger'],
    bindingTypes: ['durableClient', 'orchestrationClient'],
    readInput: (binding) => (isClient(binding) ? running?.clientPayload : undefined),
    start: async (functions, invoker) => {
      running = await open(options, settings, functions, invoker)
      // Only now, as the first entity that runs may ask for the client input.
      await running.begin()
    },
    stop: async (graceMs) => running?.stop(graceMs),
    close: async () => {
      const closing = running?.close()
      running = undefined
      await closing
    },
    // The path is read from the request itself, as the one given here may have been decoded already.
    handle: async (request, response) => {
      if (running) await running.handle(request, response)
      else writeAnswer(response, { status: 503 })
    },
  }
}

interface RunningExtension extends Pick<DurableApi, 'clientPayload' | 'handle'> {
  begin(): Promise<void>
  stop(graceMs: number): Promise<void>
  /** Until then functions that are still running, and the app's last hooks, can ask the hub. */
  close(): Promise<void>
}

async function open(
  { baseUrl, dataDir, leaseMs = 5000, log, now = Date.now, root, webhookKey }: DurableExtensionOptions,
  settings: DurableSettings,
  functions: readonly FunctionDefinition[],
  invoker: FunctionInvoker,
): Promise<RunningExtension> {
  const { hubName } = settings
  for (const name of settings.ignored) {
    log('warning', `This host does not obey durableTask.${name} of host.json; Azure does.`)
  }
  const hub = TaskHub.open(dataDir, hubName)
  const parts = { hub, now, log }
  const lease = new HostLease({ ...parts, identity: readOwnIdentity(), leaseMs })
  const dispatcher = new WorkDispatcher({ ...parts, lease })
  const served = serveFunctions({ ...parts, dispatcher, invoker }, settings, functions)
  await lease.start()
  const api = await openDurableApi({ ...served, hub, hubName, baseUrl, webhookKey, root, log })
  const watch = new HubWatch({ hub, lease, dispatcher, log })
  return {
    clientPayload: api.clientPayload,
    handle: api.handle,
    begin: async () => {
      await watch.look()
      watch.start(leaseMs / 3)
    },
    stop: (graceMs) => dispatcher.stop(graceMs),
    close: async () => {
      await watch.stop()
      await api.close()
      await lease.end()
      hub.close()
    },
  }
}

function isClient({ type }: BindingInfo): boolean {
  const lower = type.toLowerCase()
  return lower === 'durableclient' || lower === 'orchestrationclient'
}
