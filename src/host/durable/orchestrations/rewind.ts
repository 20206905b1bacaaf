import type { Instance, StoredHistoryRow } from '../hub/instance-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import type { Outbox } from '../work/work-queue.js'
import { type HistoryEpisode, splitEpisodes } from './history/history-episodes.js'
import { eventTypes, failedEpisode, toEventText } from './history/history-event.js'
import { postEvent } from './notify-instance.js'

/** Inside a transaction: has a failed orchestration, and those of its children that have failed, try again what they failed of. */
export function rewindInstance(
  instance: Instance,
  reason: string | null,
  transaction: { readonly hub: TaskHub; readonly outbox: Outbox; readonly now: number },
): void {
  const { hub, outbox, now } = transaction
  const hasFailed = (childId: string) => hub.instances.read(childId)?.status === 'Failed'
  const plan = planRewind(hub.instances.readHistory(instance.execution), hasFailed)
  hub.instances.dropEvents(plan.dropped)
  hub.instances.write({ ...instance, status: 'Running', output: null, updatedAt: now })
  const event = toEventText({ type: eventTypes.executionRewound, at: now, fields: { Reason: reason } })
  postEvent(outbox, instance, { event, execution: instance.execution })
  for (const childId of plan.children) {
    const child = hub.instances.read(childId)
    if (child) rewindInstance(child, reason, transaction)
  }
}

/** What a rewind takes out of a failed execution's history. */
export interface Rewinding {
  readonly dropped: readonly StoredHistoryRow[]
  /** Ids of sub-orchestrations that failed, to be rewound as well. */
  readonly children: readonly string[]
}

type Episode = HistoryEpisode<StoredHistoryRow>

const failures = new Set<number>([eventTypes.taskFailed, eventTypes.subOrchestrationFailed])

/**
 * Undoes what the orchestrator's function failed of: the failures that it heard of from that episode on, and what had
 * scheduled those tasks, so that the next replay schedules them anew. A sub-orchestration that
 * `canRewind` stays scheduled and goes on itself. After retries the last attempt is undone.
 */
export function planRewind(
  history: readonly StoredHistoryRow[],
  canRewind: (childId: string) => boolean,
): Rewinding {
  const episodes = splitEpisodes(history)
  const fatalAt = episodes.findIndex(({ end }) => end.name === failedEpisode)
  const fatal = episodes.slice(fatalAt < 0 ? episodes.length : fatalAt).flatMap(({ rows }) => rows)
  const heard = fatal.filter(({ type }) => failures.has(type))
  const undone = heard.length > 0 ? heard : findLastAttempt(episodes, fatal)
  const isUndone = (type: number) =>
    new Set(undone.filter((row) => row.type === type).map(({ task }) => task))
  const [tasks, timers] = [isUndone(eventTypes.taskFailed), isUndone(eventTypes.timerFired)]
  const childTasks = isUndone(eventTypes.subOrchestrationFailed)
  const children = history.filter(
    ({ type, task }) => type === eventTypes.subOrchestrationCreated && childTasks.has(task),
  )
  const [kept, lost] = partition(children, (row) => canRewind(readChildId(row)))
  const scheduled = history.filter(
    ({ type, task }) =>
      (type === eventTypes.taskScheduled && tasks.has(task)) ||
      (type === eventTypes.timerCreated && timers.has(task)),
  )
  const ends = history.filter(({ type }) => type === eventTypes.executionCompleted)
  return { dropped: [...undone, ...scheduled, ...lost, ...ends], children: kept.map(readChildId) }
}

function readChildId({ event }: StoredHistoryRow): string {
  return (JSON.parse(event) as { InstanceId: string }).InstanceId
}

function partition<T>(values: readonly T[], test: (value: T) => boolean): [T[], T[]] {
  return [values.filter(test), values.filter((value) => !test(value))]
}

/** After its last attempt a retried task waits for a timer, and fails when that fires. */
function findLastAttempt(
  episodes: readonly Episode[],
  fatal: readonly StoredHistoryRow[],
): StoredHistoryRow[] {
  const fired = fatal.filter(({ type }) => type === eventTypes.timerFired)
  const timers = new Set(fired.map(({ task }) => task))
  const before = episodes.flatMap(({ rows }) => {
    const creates = rows.some(({ type, task }) => type === eventTypes.timerCreated && timers.has(task))
    return creates ? rows.filter(({ type }) => failures.has(type)) : []
  })
  return before.length > 0 ? [...before, ...fired] : []
}
