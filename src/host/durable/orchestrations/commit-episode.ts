import { createHexId } from '../../../core/hex-id.js'
import { toReleaseMessage } from '../entities/entity-lock.js'
import type { HistoryRow, Instance } from '../hub/instance-table.js'
import { type Episode, type EpisodeOver, toFailureText } from './episode.js'
import { findHeldLock, toDecisionRow } from './history/decision-record.js'
import { eventTypes, toEpisodeEnd, toEventText } from './history/history-event.js'
import { notifyInstance } from './notify-instance.js'
import { type SendContext, sendDecision } from './send-decision.js'
import { postStart } from './start-instance.js'
import { toTaskId } from './task-id.js'

/** What an episode came to; its instance is as it stood when the episode began. */
export interface EpisodeCommit extends SendContext {
  readonly episode: Episode
}

/**
 * Inside a transaction: writes down everything that an episode came to. When the instance has been replaced or purged
 * meanwhile, nothing is written.
 */
export function commitEpisode(commit: EpisodeCommit): void {
  const { hub, instance, episode } = commit
  if (hub.instances.readHead(instance.id)?.execution !== instance.execution) return
  hub.dropMessages(
    instance.id,
    episode.canceledTimers.map((number) => toTaskId(instance.execution, number)),
  )
  for (const decision of episode.decisions) sendDecision(decision, commit)
  switch (episode.end.kind) {
    case 'open':
      goOn(commit)
      break
    case 'next':
      continueAsNew(commit, episode.end.input)
      break
    case 'over':
      finish(commit, episode.end)
  }
}

function goOn(commit: EpisodeCommit): void {
  const { hub, instance, now } = commit
  const { customStatus } = commit.episode
  appendEpisode(commit)
  hub.instances.write({ ...instance, status: 'Running', customStatus, updatedAt: now })
}

function appendEpisode(
  { hub, instance, episode, now }: EpisodeCommit,
  last: readonly HistoryRow[] = [],
): void {
  hub.instances.appendHistory(instance.execution, [
    ...episode.news,
    ...episode.decisions.map((decision) => toDecisionRow(decision, instance, now)),
    ...last,
    toEpisodeEnd(now, episode.actionCount, episode.hasFailed),
  ])
}

/** Whoever ends while it has entities for itself gives them back. */
function releaseLocks({ hub, outbox, instance, episode, now }: EpisodeCommit): void {
  const decided = episode.decisions.map((decision) => toDecisionRow(decision, instance, now))
  const held = findHeldLock([...hub.instances.readLockHistory(instance.execution), ...decided])
  for (const entity of held?.entities ?? []) {
    outbox.post(toReleaseMessage(held?.requestId ?? '', instance.id, entity))
  }
}

/** Events that were not handled yet stay in the mailbox, for the next execution. */
function continueAsNew(commit: EpisodeCommit, input: string | null): void {
  const { hub, outbox, instance, now } = commit
  const { customStatus } = commit.episode
  releaseLocks(commit)
  const execution = createHexId()
  const next: Instance = { ...instance, execution, status: 'Running', input, customStatus, updatedAt: now }
  hub.instances.dropHistory(instance.execution)
  hub.dropMessagesFor(instance.id, instance.execution)
  hub.instances.write(next)
  postStart(outbox, next, now)
}

function finish(commit: EpisodeCommit, end: EpisodeOver): void {
  const { hub, instance, episode, now } = commit
  const { status, output } = end
  releaseLocks(commit)
  const fields = {
    OrchestrationStatus: statusNumbers[status],
    Result: output,
    FailureDetails: end.failure?.details,
  }
  const event = toEventText({ type: eventTypes.executionCompleted, at: now, fields })
  appendEpisode(commit, [{ type: eventTypes.executionCompleted, task: -1, name: '', event }])
  hub.instances.write({ ...instance, status, output, customStatus: episode.customStatus, updatedAt: now })
  hub.dropAllMessages(instance.id)
  tellParent(commit, end)
}

/** As the wire format numbers them (DTFx: OrchestrationStatus). */
const statusNumbers: Readonly<Record<string, number>> = { Completed: 1, Failed: 3, Terminated: 5 }

function tellParent({ hub, outbox, instance, now }: EpisodeCommit, end: EpisodeOver): void {
  const { parent, name } = instance
  if (parent === null) return
  const isCompleted = end.status === 'Completed'
  const fields = isCompleted ? { Result: end.output } : toFailureFields(name, end)
  const type = isCompleted ? eventTypes.subOrchestrationCompleted : eventTypes.subOrchestrationFailed
  const event = toEventText({ type, at: now, fields: { TaskScheduledId: parent.task, ...fields } })
  notifyInstance(hub, outbox, parent, event)
}

function toFailureFields(name: string, { failure, output }: EpisodeOver): Readonly<Record<string, unknown>> {
  // Without details the client library cannot read the failure, which ends the parent as well.
  if (failure === undefined) return { Reason: readText(output), Details: null }
  const details = `Message: ${failure.message}, StackTrace: ${failure.stack}`
  const structured = failure.details === undefined ? {} : { FailureDetails: failure.details }
  return { Reason: toFailureText(name, failure), Details: details, ...structured }
}

/** A reason is stored as a JSON text. */
function readText(output: string | null): string {
  const value: unknown = JSON.parse(output ?? 'null')
  return typeof value === 'string' ? value : ''
}
