import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { EntityRunner } from '../../../src/host/durable/entities/entity-runner.js'
import { HostLease } from '../../../src/host/durable/hub/host-lease.js'
import { TaskHub } from '../../../src/host/durable/hub/task-hub.js'
import { HubWatch } from '../../../src/host/durable/work/hub-watch.js'
import { WorkDispatcher } from '../../../src/host/durable/work/work-dispatcher.js'
import type { FunctionInvoker, InvocationOutcome } from '../../../src/host/functions.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { type Trigger, toEntityDefinition, until } from './kit.js'

/** An invocation that waits for the test to say how it ends. */
export interface Call {
  readonly key: string
  /** Name of the function. */
  readonly name: string
  readonly trigger: Trigger
  /** Operation names joined with a space. */
  readonly operations: string
  /** Ends it well; `signals` are written `name/key/operation`. */
  succeed(answer?: { state?: string; results?: unknown[]; signals?: string[] }): void
  fail(options?: { timedOut?: boolean }): void
}

export interface TestProcess {
  readonly hub: TaskHub
  readonly lease: HostLease
  readonly dispatcher: WorkDispatcher
  readonly watch: HubWatch
  readonly calls: Call[]
  readonly logs: string[]
  /** The next invocation that starts, in order; fails the test by its time limit when none does. */
  nextCall(): Promise<Call>
  signal(key: string, operation: string, name?: string): Promise<void>
  /** Waits for the commit of everything handed in so far. */
  settled(): Promise<void>
}

export interface TestProcessOptions {
  readonly dataDir?: string
  /** Shared by the processes of one test. */
  readonly clock?: { now: number }
  readonly names?: readonly string[]
  readonly maxConcurrent?: number
  readonly maxBatchSize?: number
  readonly leaseMs?: number
  /** Pretended process id; a pid that does not exist makes the others take this one for dead. */
  readonly pid?: number
}

/** One host process without a worker and without timers: the test starts polls, moves the clock and ends invocations. */
export async function startTestProcess({
  dataDir = createTempFolder(),
  clock = { now: 1_000_000 },
  names = ['e'],
  maxConcurrent = 10,
  maxBatchSize = 5000,
  leaseMs = 5000,
  pid = process.pid,
}: TestProcessOptions = {}): Promise<TestProcess> {
  const logs: string[] = []
  const log = (_: string, message: string) => void logs.push(message)
  const now = () => clock.now
  const hub = TaskHub.open(dataDir, 'TestHub')
  onTestFinished(() => hub.close())
  const lease = new HostLease({
    hub,
    identity: { pid, machine: 'here', startMarker: null },
    leaseMs,
    now,
    log,
  })
  const calls: Call[] = []
  let seen = 0
  const dispatcher = new WorkDispatcher({ hub, lease, now, log })
  const runner = new EntityRunner({
    hub,
    dispatcher,
    invoker: createScriptedInvoker(calls),
    functions: new Map(names.map((name) => [name, toEntityDefinition(name)])),
    maxConcurrent,
    maxBatchSize,
    now,
    log,
  })
  const watch = new HubWatch({ hub, lease, dispatcher, log })
  await lease.start()
  await dispatcher.takeWaiting()
  return {
    hub,
    lease,
    dispatcher,
    watch,
    calls,
    logs,
    nextCall: async () => {
      const call = await until(() => calls[seen])
      seen += 1
      return call
    },
    signal: (key, operation, name = 'e') => runner.signal({ target: { name, key }, operation, input: null }),
    settled: () => hub.run(() => undefined),
  }
}

function createScriptedInvoker(calls: Call[]): FunctionInvoker {
  return {
    invoke: (definition, { input }) =>
      new Promise<InvocationOutcome>((resolve) => {
        const trigger: Trigger = JSON.parse('string' in input ? input.string : '')
        calls.push({
          name: definition.name,
          key: trigger.self.key,
          trigger,
          operations: trigger.batch.map(({ name }) => name).join(' '),
          succeed: ({ state, results = trigger.batch.map(() => ({ isError: false })), signals = [] } = {}) =>
            resolve({
              succeeded: true,
              returnValue: {
                json: JSON.stringify({
                  entityExists: state !== undefined,
                  entityState: state,
                  results,
                  signals: signals.map(toSignal),
                }),
              },
              outputs: {},
            }),
          fail: ({ timedOut = false } = {}) =>
            resolve({ succeeded: false, message: 'it broke', stack: '', timedOut }),
        })
      }),
  }
}

function toSignal(text: string) {
  const [name, key, operation] = text.split('/')
  return { target: { name, key }, name: operation, input: '', requestId: randomUUID(), requestTime: 0 }
}
