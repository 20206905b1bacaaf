import { parseJson } from '../../../core/json.js'
import type { HistoryRow } from '../hub/instance-table.js'
import { eventTypes } from '../orchestrations/history/history-event.js'

export interface HistoryOptions {
  /** Results of what has ended. */
  readonly showOutput: boolean
  readonly showInput: boolean
}

type Event = Record<string, unknown>

/** What ends a task, by the type of what schedules it. */
const mergedInto: Readonly<Record<number, readonly number[]>> = {
  [eventTypes.taskScheduled]: [eventTypes.taskCompleted, eventTypes.taskFailed],
  [eventTypes.subOrchestrationCreated]: [
    eventTypes.subOrchestrationCompleted,
    eventTypes.subOrchestrationFailed,
  ],
}

const wireNames: Readonly<Record<number, string>> = {
  [eventTypes.executionStarted]: 'ExecutionStarted',
  [eventTypes.executionCompleted]: 'ExecutionCompleted',
  [eventTypes.executionTerminated]: 'ExecutionTerminated',
  [eventTypes.taskScheduled]: 'TaskScheduled',
  [eventTypes.taskCompleted]: 'TaskCompleted',
  [eventTypes.taskFailed]: 'TaskFailed',
  [eventTypes.subOrchestrationCreated]: 'SubOrchestrationInstanceCreated',
  [eventTypes.subOrchestrationCompleted]: 'SubOrchestrationInstanceCompleted',
  [eventTypes.subOrchestrationFailed]: 'SubOrchestrationInstanceFailed',
  [eventTypes.timerCreated]: 'TimerCreated',
  [eventTypes.timerFired]: 'TimerFired',
  [eventTypes.eventSent]: 'EventSent',
  [eventTypes.eventRaised]: 'EventRaised',
  [eventTypes.executionSuspended]: 'ExecutionSuspended',
  [eventTypes.executionResumed]: 'ExecutionResumed',
}

/** Events whose version is not shown. */
const versioned: ReadonlySet<number> = new Set([
  eventTypes.executionStarted,
  eventTypes.taskScheduled,
  eventTypes.subOrchestrationCreated,
])

const statusNames: Readonly<Record<number, string>> = { 1: 'Completed', 3: 'Failed', 5: 'Terminated' }

/**
 * JSON text of a history as the status query shows it: starts and ends of episodes left out, what
 * schedules a task merged into what ends it.
 */
export function toHistoryJson(history: readonly HistoryRow[], options: HistoryOptions): string {
  const ends = history.filter(({ type }) => Object.values(mergedInto).flat().includes(type))
  const ended = new Set(ends.map(({ type, task }) => `${type}:${task}`))
  const scheduled = new Map(
    history.filter(({ type }) => type in mergedInto).map((row) => [row.task, row] as const),
  )
  const shown = history.filter(
    ({ type, task }) =>
      type in wireNames && !mergedInto[type]?.some((endType) => ended.has(`${endType}:${task}`)),
  )
  return JSON.stringify(shown.map((row) => toShown(row, scheduled.get(row.task), options)))
}

function toShown(row: HistoryRow, scheduled: HistoryRow | undefined, options: HistoryOptions): Event {
  const { EventId, EventType, Timestamp, ...fields } = JSON.parse(row.event) as Event
  const isEnd = scheduled !== undefined && mergedInto[scheduled.type]?.includes(row.type)
  const event: Event = { EventType: wireNames[row.type], ...fields, Timestamp }
  if (isEnd) Object.assign(event, toScheduledFields(scheduled))
  if (row.type === eventTypes.executionStarted) {
    for (const name of ['OrchestrationInstance', 'ParentInstance', 'Tags']) delete event[name]
    event.FunctionName = event.Name
    delete event.Name
  }
  if (row.type === eventTypes.executionCompleted) {
    event.OrchestrationStatus = statusNames[Number(event.OrchestrationStatus)]
  }
  if (!options.showOutput) delete event.Result
  else if (typeof event.Result === 'string') event.Result = parseJson(event.Result)
  if (versioned.has(row.type)) delete event.Version
  if (!options.showInput) delete event.Input
  delete event.TimerId
  delete event.TaskScheduledId
  return event
}

function toScheduledFields({ event }: HistoryRow): Event {
  const { Timestamp, Name, Input } = JSON.parse(event) as Event
  return {
    ScheduledTime: Timestamp,
    FunctionName: Name,
    ...(Input === undefined ? {} : { Input }),
  }
}
