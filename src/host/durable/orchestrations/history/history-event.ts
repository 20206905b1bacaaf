import type { HistoryRow } from '../../hub/instance-table.js'

/** Numbers of the events of a history, as in the wire format. */
export const eventTypes = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  subOrchestrationCreated: 7,
  subOrchestrationCompleted: 8,
  subOrchestrationFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventSent: 14,
  eventRaised: 15,
  executionSuspended: 19,
  executionResumed: 20,
  executionRewound: 21,
} as const

export interface EventOptions {
  readonly type: number
  /** Epoch milliseconds. */
  readonly at: number
  /** Number of the task that the event schedules. @default -1, for what came from outside */
  readonly id?: number
  /** The members that only this type has, in the words of the wire format. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** JSON text of an event, without `IsPlayed`, which depends on when it is read. */
export function toEventText({ type, at, id = -1, fields = {} }: EventOptions): string {
  return JSON.stringify({ EventId: id, EventType: type, ...fields, Timestamp: toTimestamp(at) })
}

/** A time as .NET writes it, with seven digits of a second; every replay sees the same text. */
export function toTimestamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, -1)}0000Z`
}

/** The row of an event that is handled now: a message's text, with what replaying needs of it. */
export function toHistoryRow(event: string): HistoryRow {
  const parsed = JSON.parse(event) as Readonly<Record<string, unknown>>
  const { EventType: type, TaskScheduledId, TimerId, Name } = parsed
  const task = TaskScheduledId ?? TimerId
  return {
    type: Number(type),
    task: typeof task === 'number' ? task : -1,
    name: typeof Name === 'string' ? Name : '',
    event,
  }
}

/** The row that begins an episode; its name is its time. */
export function toEpisodeStart(at: number): HistoryRow {
  const event = toEventText({ type: eventTypes.orchestratorStarted, at })
  return { type: eventTypes.orchestratorStarted, task: -1, name: toTimestamp(at), event }
}

/** Name of the row that ends an episode in which the orchestrator's function had failed. */
export const failedEpisode = 'failed'

/** The row that ends an episode; its task is the count of the actions that were known then. */
export function toEpisodeEnd(at: number, actionCount: number, hasFailed = false): HistoryRow {
  const event = toEventText({ type: eventTypes.orchestratorCompleted, at })
  const name = hasFailed ? failedEpisode : ''
  return { type: eventTypes.orchestratorCompleted, task: actionCount, name, event }
}
