import type { TypedData } from '../../../functions.js'
import type { HistoryRow, Instance } from '../../hub/instance-table.js'

/** Of the client library's replay: from 2 on it cuts long waits into parts itself, from 3 on it knows locks. */
const replaySchema = 3

/** How the host deals with long waits, for the library to do the same. */
const waits = {
  upperSchemaVersion: 1,
  upperSchemaVersionNew: replaySchema,
  longRunningTimerIntervalDuration: '3.00:00:00',
  maximumShortTimerDuration: '6.00:00:00',
}

/** The trigger value of an orchestrator function: JSON text of its past and of what is new. */
export function toOrchestrationTrigger(
  instance: Instance,
  history: readonly HistoryRow[],
  news: readonly HistoryRow[],
  httpPollMs: number,
): TypedData {
  const past = history.map(({ event }) => `${event.slice(0, -1)},"IsPlayed":true}`)
  const present = news.map(({ event }) => `${event.slice(0, -1)},"IsPlayed":false}`)
  const rest = JSON.stringify({
    instanceId: instance.id,
    isReplaying: history.length > 0,
    parentInstanceId: instance.parent?.id ?? null,
    ...waits,
    // Spelled so by the platform.
    defaultHttpAsyncRequestSleepTimeMillseconds: httpPollMs,
  })
  const events = [...past, ...present].join(',')
  return { string: `{"history":[${events}],"input":${instance.input ?? 'null'},${rest.slice(1)}` }
}
