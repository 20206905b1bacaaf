import { createRequire } from 'node:module'
import { InvocationContext } from '@azure/functions'
import type { OrchestrationHandler } from 'durable-functions'

/** Not public, and without types: what `df.app.orchestration` makes of a generator. */
const { createOrchestrator } = createRequire(import.meta.url)(
  'durable-functions/lib/src/util/testingUtils.js',
) as {
  createOrchestrator(handler: OrchestrationHandler): (trigger: unknown, context: unknown) => Promise<unknown>
}

/** What an orchestrator asked for so far, and how it ended if it did. */
export interface Dispatch {
  readonly isDone: boolean
  readonly output: unknown
  /** The text it failed with. */
  readonly error: string | undefined
  readonly actions: readonly { readonly [field: string]: unknown }[]
}

export interface HistoryEvent {
  readonly EventType: number
  readonly [field: string]: unknown
}

/** An event of a task that has ended well: of a sub-orchestration by default. */
export function completed(task: number, result: unknown): HistoryEvent {
  return { EventType: 8, TaskScheduledId: task, Result: JSON.stringify(result ?? null) }
}

/** A sub-orchestration's failure, as the Durable extension words it. */
export function failed(task: number, name: string, message: string): HistoryEvent {
  const Reason = `Orchestrator function '${name}' failed: ${message}`
  return { EventType: 9, TaskScheduledId: task, Reason, Details: `Message: ${message}, StackTrace: at X` }
}

/** The answer to an entity call, which is sent and answered as events. */
export function replied(task: number, result: unknown): readonly HistoryEvent[] {
  const answer = { result: JSON.stringify(result) }
  return [
    {
      EventType: 14,
      EventId: task,
      InstanceId: '@e@k',
      Name: 'op',
      Input: JSON.stringify({ id: `r${task}` }),
    },
    raised(`r${task}`, answer),
  ]
}

/** An external event. */
export function raised(name: string, data: unknown): HistoryEvent {
  return { EventType: 15, Name: name, Input: JSON.stringify(data) }
}

const start = '2026-01-01T00:00:00.0000000Z'

/** Runs an orchestrator over a history, by durable-functions' own executor. */
export async function dispatch(
  orchestrator: OrchestrationHandler,
  input: unknown,
  events: readonly HistoryEvent[] = [],
): Promise<Dispatch> {
  const started = [
    { EventType: 12, EventId: -1, IsPlayed: false, Timestamp: start },
    { EventType: 0, EventId: -1, IsPlayed: false, Timestamp: start, Name: 'o' },
  ]
  const context = new InvocationContext({ functionName: 'o', invocationId: 'i', logHandler: () => {} })
  const history = [
    ...started,
    ...events.map((event) => ({ EventId: -1, IsPlayed: false, Timestamp: start, ...event })),
  ]
  const trigger = {
    history,
    input,
    instanceId: 'instance',
    isReplaying: false,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    maximumShortTimerDuration: '6.00:00:00',
    longRunningTimerIntervalDuration: '3.00:00:00',
  }
  try {
    return toDispatch(await createOrchestrator(orchestrator)(trigger, context))
  } catch (error) {
    const [, state] = String((error as Error).message).split('$OutOfProcData$:')
    if (state === undefined) throw error
    return toDispatch(JSON.parse(state))
  }
}

function toDispatch(answer: unknown): Dispatch {
  const { isDone, output, error, actions } = JSON.parse(JSON.stringify(answer))
  return { isDone, output, error, actions: actions.flat() }
}
