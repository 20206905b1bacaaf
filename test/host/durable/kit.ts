import { createRequire } from 'node:module'
import type { InvocationContext } from '@azure/functions'
import type { DurableClient, EntityHandler } from 'durable-functions'
import * as df from 'durable-functions'
import { onTestFinished } from 'vitest'
import {
  createDurableExtension,
  type DurableExtensionOptions,
} from '../../../src/host/durable/durable-extension.js'
import type {
  FunctionDefinition,
  FunctionInvoker,
  InvocationOutcome,
  InvocationRequest,
} from '../../../src/host/functions.js'
import type { HostExtension } from '../../../src/host/host-extension.js'

/** An entity as the documentation of durable-functions writes it; state of any JSON type. */
export type Entity = EntityHandler<unknown>

export interface LogLine {
  readonly level: string
  readonly message: string
}

export interface TestHost {
  readonly client: DurableClient
  readonly extension: HostExtension
  /** Base URL that the client library calls; ends in `/`. */
  readonly rpcUrl: string
  readonly logs: readonly LogLine[]
  /** Every invocation so far: parsed trigger values, in order of start. */
  readonly batches: readonly Trigger[]
  /** Stops it; a test's end does so too. */
  stop(graceMs?: number): Promise<void>
}

export interface Trigger {
  readonly self: { readonly name: string; readonly key: string }
  readonly exists: boolean
  readonly state: string | null
  readonly batch: readonly {
    readonly id: string
    readonly name: string
    readonly input: string | null
    readonly isSignal: boolean
  }[]
}

export interface TestHostOptions extends Partial<DurableExtensionOptions> {
  readonly dataDir: string
  readonly entities: Readonly<Record<string, Entity>>
  /** Replaces or wraps what the df library answers. */
  readonly intercept?: (run: () => Promise<InvocationOutcome>, trigger: Trigger) => Promise<InvocationOutcome>
}

/** Turns a handler into what the worker calls; exported by the library's code, but not by its types. */
const { createEntityFunction } = createRequire(import.meta.url)(
  'durable-functions/lib/src/util/testingUtils.js',
) as {
  createEntityFunction(handler: Entity): (trigger: Trigger, context: object) => Promise<unknown>
}

/** What an extension gives the client library, parsed; `undefined` for a binding that is not its own. */
export async function readClientInput(extension: HostExtension, type = 'durableClient') {
  const binding = { type, name: 'client', direction: 'in' }
  const input = await extension.readInput?.(binding, { resolve: (text) => text })
  return input === undefined || !('string' in input) ? undefined : JSON.parse(input.string)
}

/** The Durable extension running the real entity code of durable-functions, without a worker around it. */
export async function startTestHost(options: TestHostOptions): Promise<TestHost> {
  const logs: LogLine[] = []
  const batches: Trigger[] = []
  const extension = createDurableExtension({
    settings: undefined,
    baseUrl: 'http://localhost:7071',
    log: (level, message) => void logs.push({ level, message }),
    ...options,
  })
  await extension.start(
    Object.keys(options.entities).map(toEntityDefinition),
    createDfInvoker(options, batches),
  )
  const data = await readClientInput(extension)
  let stopped = false
  const stop = async (graceMs = 1000) => {
    if (stopped) return
    stopped = true
    await extension.stop(graceMs)
    await extension.close?.()
  }
  onTestFinished(() => stop())
  return { client: createClient(data), extension, rpcUrl: data.rpcBaseUrl, logs, batches, stop }
}

export function toEntityDefinition(name: string): FunctionDefinition {
  const trigger = { type: 'entityTrigger', name: 'entityTrigger2751609405', direction: 'in' }
  return { name, trigger, bindings: { [trigger.name]: trigger }, disabled: false }
}

/** The real client of durable-functions, as a function with `df.input.durableClient()` gets it. */
export function createClient(payload: unknown): DurableClient {
  const input = df.input.durableClient()
  const context = { options: { extraInputs: [input] }, extraInputs: new Map([[input, payload]]) }
  return df.getClient(context as unknown as InvocationContext)
}

function createDfInvoker({ entities, intercept }: TestHostOptions, batches: Trigger[]): FunctionInvoker {
  const handlers = new Map(
    Object.entries(entities).map(([name, handler]) => [name, createEntityFunction(handler)]),
  )
  return {
    invoke: (definition: FunctionDefinition, request: InvocationRequest) => {
      const trigger: Trigger = JSON.parse('string' in request.input ? request.input.string : '')
      batches.push(trigger)
      const run = () => runHandler(handlers.get(definition.name), trigger)
      return intercept ? intercept(run, trigger) : run()
    },
  }
}

async function runHandler(
  handler: ReturnType<typeof createEntityFunction> | undefined,
  trigger: Trigger,
): Promise<InvocationOutcome> {
  try {
    const result = await handler?.(trigger, {})
    return { succeeded: true, returnValue: { json: JSON.stringify(result) }, outputs: {} }
  } catch (error) {
    return { succeeded: false, message: String(error), stack: '', timedOut: false }
  }
}

/** Waits until `probe` gives something other than `undefined` or `false`; the test's own time limit ends the wait. */
export async function until<T>(probe: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  // Less and less often: a look at another process costs both of them.
  for (let pauseMs = 2; ; pauseMs = Math.min(1.5 * pauseMs, 50)) {
    const value = await probe()
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** The counter of the durable-functions documentation. */
export const counter: Entity = (context) => {
  const value = (context.df.getState(() => 0) ?? 0) as number
  switch (context.df.operationName) {
    case 'add':
      context.df.setState(value + Number(context.df.getInput()))
      break
    case 'reset':
      context.df.setState(0)
      break
    case 'get':
      context.df.return(value)
      break
    case 'delete':
      context.df.destructOnExit()
  }
}
