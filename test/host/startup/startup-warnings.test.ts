import { expect, test } from 'vitest'
import type { BindingInfo } from '../../../src/host/functions.js'
import type { HostExtension } from '../../../src/host/host-extension.js'
import { toFunctionDefinitions } from '../../../src/host/loading/function-definitions.js'
import { toHostJson } from '../../../src/host/settings/host-json.js'
import { findWarnings } from '../../../src/host/startup/startup-warnings.js'

const timers: Partial<HostExtension> = { triggerTypes: ['timerTrigger'], obeysRetry: true }
const queues: Partial<HostExtension> = {
  triggerTypes: ['queueTrigger'],
  bindingTypes: ['queue', 'durableClient'],
}
const retryOptions = { strategy: 'fixedDelay', maxRetryCount: 1, delayInterval: { seconds: 1 } }

interface App {
  readonly trigger: string
  readonly inputs?: readonly string[]
  readonly outputs?: readonly string[]
  readonly isRetried?: boolean
  readonly needsGrpc?: boolean
  readonly bundle?: string | undefined
}

/** The warnings about an app with one function. */
function warn(app: App) {
  const { trigger, inputs = [], outputs = [], isRetried = false, bundle = '[4.*, 5.0.0)' } = app
  const toBinding = (type: string, direction: string): readonly [string, BindingInfo] => [
    type,
    { type, name: type, direction },
  ]
  const bindings = Object.fromEntries([
    [trigger, { ...toBinding(trigger, 'in')[1], ...(app.needsGrpc && { durableRequiresGrpc: true }) }],
    ...inputs.map((type) => toBinding(type, 'in')),
    ...outputs.map((type) => toBinding(type, 'out')),
  ])
  const metadata = { name: 'f', bindings, ...(isRetried && { retryOptions }) }
  const { functions } = toFunctionDefinitions([{ metadata, callback: () => {} }], { settings: {} })
  const extensionBundle = bundle === 'none' ? undefined : { id: 'bundle', version: bundle }
  const extensions = [timers, queues].map((part) => part as HostExtension)
  return findWarnings(functions, extensions, toHostJson({ version: '2.0', extensionBundle }, {}))
}

test.each<[App]>([
  [{ trigger: 'httpTrigger', outputs: ['http'], bundle: 'none' }],
  [{ trigger: 'timerTrigger', isRetried: true, bundle: 'none' }],
  [{ trigger: 'QueueTrigger', inputs: ['durableClient'], outputs: ['queue'] }],
  [{ trigger: 'queueTrigger', inputs: ['durableClient'], bundle: '[3.3.0, 4.0.0)' }],
  [{ trigger: 'queueTrigger', inputs: ['durableClient'], bundle: '[2.*, 3.1)' }],
  [{ trigger: 'queueTrigger', bundle: 'whatever' }],
])('%j is fine', (app) => {
  expect(warn(app)).toEqual([])
})

test.each<[App, string]>([
  [
    { trigger: 'eventHubTrigger' },
    'Function f is loaded but not run: this development host does not listen to',
  ],
  [
    { trigger: 'httpTrigger', outputs: ['cosmosDB'] },
    'a cosmosDB output, which this development host does not write',
  ],
  [{ trigger: 'httpTrigger', inputs: ['sql'] }, 'a sql input, which this development host does not read'],
  [
    { trigger: 'queueTrigger', isRetried: true },
    'Function f has a retry policy, which a queueTrigger does not obey',
  ],
  [{ trigger: 'httpTrigger', isRetried: true }, 'a retry policy, which a httpTrigger does not obey'],
  [{ trigger: 'queueTrigger', needsGrpc: true }, 'Function f needs Durable Functions over gRPC'],
  [
    { trigger: 'queueTrigger', outputs: ['queue'], bundle: 'none' },
    'host.json names no extensionBundle, so that Azure would not know queueTrigger, queue.',
  ],
  [
    { trigger: 'httpTrigger', inputs: ['durableClient'], bundle: '[2.*, 3.0.0)' },
    'host.json has extensionBundle [2.*, 3.0.0), so that Azure would not know durableClient',
  ],
])('%j is warned of', (app, warning) => {
  expect(warn(app)).toEqual([expect.stringContaining(warning)])
})
