import { expect, onTestFinished, test } from 'vitest'
import { parseDurableSettings } from '../../../../src/host/durable/durable-settings.js'
import { HostLease } from '../../../../src/host/durable/hub/host-lease.js'
import { TaskHub } from '../../../../src/host/durable/hub/task-hub.js'
import { serveFunctions } from '../../../../src/host/durable/serve-functions.js'
import { WorkDispatcher } from '../../../../src/host/durable/work/work-dispatcher.js'
import type { FunctionDefinition, InvocationOutcome } from '../../../../src/host/functions.js'
import { createTempFolder } from '../../../support/temp-folder.js'
import { until } from '../kit.js'

interface Call {
  readonly name: string
  /** When the orchestrator's episode began. */
  readonly startedAt: string
  /** Types of the events that are new to an orchestrator. */
  readonly news: readonly number[]
  /** Ends it with this value. */
  answer(value: unknown): void
}

interface HistoryEvent {
  readonly EventType: number
  readonly IsPlayed: boolean
  readonly Timestamp: string
}

const waiting = {
  isDone: false,
  actions: [[{ actionType: 6, externalEventName: 'go', reason: 'ExternalEvent' }]],
}
const calling = { isDone: false, actions: [[{ actionType: 0, functionName: 'work', input: 1 }]] }

function define(name: string, type: string): FunctionDefinition {
  const trigger = { type, name: 'trigger', direction: 'in' }
  return { name, trigger, bindings: { trigger }, disabled: false }
}

/** One host process without a worker: the test ends its invocations. */
async function startProcess() {
  const hub = TaskHub.open(createTempFolder(), 'TestHub')
  onTestFinished(() => hub.close())
  const [log, now] = [() => undefined, () => 1_000_000]
  const identity = { pid: process.pid, machine: 'here', startMarker: null }
  const lease = new HostLease({ hub, identity, leaseMs: 5000, now, log })
  const dispatcher = new WorkDispatcher({ hub, lease, now, log })
  const calls: Call[] = []
  const invoke = ({ name }: FunctionDefinition, { input }: { input: unknown }) =>
    new Promise<InvocationOutcome>((resolve) => {
      const { string } = input as { string: string }
      const { history = [] } = JSON.parse(string) as { history?: HistoryEvent[] }
      calls.push({
        name,
        startedAt: history.findLast(({ EventType }) => EventType === 12)?.Timestamp ?? '',
        news: history.filter(({ IsPlayed }) => !IsPlayed).map(({ EventType }) => EventType),
        answer: (value) =>
          resolve({ succeeded: true, returnValue: { json: JSON.stringify(value) }, outputs: {} }),
      })
    })
  const parts = { hub, dispatcher, invoker: { invoke }, now, log }
  const functions = [define('flow', 'orchestrationTrigger'), define('work', 'activityTrigger')]
  const { commands } = serveFunctions(parts, parseDurableSettings({}, {}), functions)
  await lease.start()
  let seen = 0
  return {
    hub,
    commands,
    calls,
    start: () => commands.start({ functionName: 'flow', instanceId: 'i', input: null }),
    nextCall: async () => {
      const call = await until(() => calls[seen])
      seen += 1
      return call
    },
    /** Waits for the commit of everything handed in so far. */
    settled: () => hub.run(() => undefined),
  }
}

const settle = async (settled: () => Promise<unknown>) => {
  for (let turn = 0; turn < 5; turn += 1) await settled()
}

test('events that come while an orchestrator runs are handled together, after it', async () => {
  const { start, nextCall, commands, calls } = await startProcess()
  await start()
  const first = await nextCall()
  for (let n = 0; n < 5; n += 1) await commands.raiseEvent('i', 'go', String(n))
  expect(calls).toHaveLength(1)
  first.answer(waiting)
  expect((await nextCall()).news).toEqual([12, 15, 15, 15, 15, 15])
})

test('executions that follow each other within a millisecond have times of their own, which GUIDs are made of', async () => {
  const { start, nextCall } = await startProcess()
  await start()
  const times: string[] = []
  for (let n = 0; n < 4; n += 1) {
    const call = await nextCall()
    times.push(call.startedAt)
    call.answer({ isDone: true, actions: [[{ actionType: 4, input: n }]] })
  }
  expect(times).toEqual([...new Set(times)].sort())
})

test('what comes for a suspended orchestration waits without being looked at again', async () => {
  const { hub, start, nextCall, commands, settled } = await startProcess()
  await start()
  ;(await nextCall()).answer(waiting)
  await commands.suspend('i', '')
  await until(() => hub.instances.read('i')?.status === 'Suspended')
  await commands.raiseEvent('i', 'go', '1')
  await settle(settled)
  expect(hub.hasMessages('i', 1_000_000)).toBe(false)
  await commands.resume('i', '')
  expect((await nextCall()).news).toEqual([12, 15])
})

test('an execution that another one follows leaves no history behind', async () => {
  const { hub, start, nextCall, commands } = await startProcess()
  await start()
  const { execution = '' } = hub.instances.read('i') ?? {}
  ;(await nextCall()).answer(waiting)
  await until(() => hub.instances.readHistory(execution).length > 0)
  await commands.raiseEvent('i', 'go', '1')
  ;(await nextCall()).answer({
    isDone: true,
    actions: [[...waiting.actions.flat(), { actionType: 4, input: 2 }]],
  })
  await until(() => hub.instances.read('i')?.execution !== execution)
  expect(hub.instances.readHistory(execution)).toEqual([])
})

test('what an orchestrator answers after its instance was purged is not written', async () => {
  const { hub, start, nextCall, commands, calls, settled } = await startProcess()
  await start()
  const call = await nextCall()
  const execution = hub.instances.read('i')?.execution ?? ''
  await commands.purge('i')
  call.answer(calling)
  await settle(settled)
  expect(hub.instances.read('i')).toBeUndefined()
  expect(hub.instances.readHistory(execution)).toEqual([])
  expect(calls).toHaveLength(1)
})

test('what it answers after its id was purged and started again does not reach the new one', async () => {
  const { hub, start, nextCall, commands } = await startProcess()
  await start()
  const old = await nextCall()
  await commands.purge('i')
  await start()
  old.answer({ isDone: true, actions: [[]], output: 'old' })
  const call = await nextCall()
  expect(call.news).toEqual([12, 0])
  call.answer({ isDone: true, actions: [[]], output: 'new' })
  await until(() => hub.instances.read('i')?.status === 'Completed')
  expect(hub.instances.read('i')?.output).toBe('"new"')
})

test('the result of an activity does not reach another execution under the same id', async () => {
  const { hub, start, nextCall, commands, settled } = await startProcess()
  await start()
  ;(await nextCall()).answer(calling)
  const activity = await nextCall()
  expect(activity.name).toBe('work')
  await commands.purge('i')
  await start()
  ;(await nextCall()).answer(waiting)
  await until(() => hub.instances.read('i')?.status === 'Running')
  activity.answer('too late')
  await settle(settled)
  const execution = hub.instances.read('i')?.execution ?? ''
  expect(hub.instances.readHistory(execution).map(({ type }) => type)).toEqual([12, 0, 13])
  expect(hub.hasMessages('i', 1_000_000)).toBe(false)
})

test('an orchestrator that breaks down after its first steps fails as non-deterministic', async () => {
  const { hub, start, nextCall } = await startProcess()
  await start()
  const first = await nextCall()
  first.answer(calling)
  const work = await nextCall()
  work.answer(1)
  const broken = await nextCall()
  broken.answer({ isDone: false, actions: [[...calling.actions.flat(), { actionType: 5, fireAt: null }]] })
  const output = await until(() => hub.instances.read('i')?.output ?? undefined)
  expect(output).toMatch(/^"Non-Deterministic workflow detected: its history holds task 0/)
  expect(hub.instances.read('i')?.status).toBe('Failed')
})
