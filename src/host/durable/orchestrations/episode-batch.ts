import type { StoredMessage } from '../hub/hub-message.js'
import { isOver } from '../hub/instance-status.js'
import type { HistoryRow, Instance } from '../hub/instance-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import type { HistoryCache } from './history/history-cache.js'
import { eventTypes, toHistoryRow } from './history/history-event.js'

/** A message for an orchestration, read. */
export interface EventMessage extends StoredMessage {
  readonly row: HistoryRow
}

/** What the messages of an orchestration come to. `stale` ones are meant for an execution that is no more. */
export type EpisodeBatch =
  | { readonly kind: 'void'; readonly stale: readonly StoredMessage[] }
  | {
      /** To be handled together, in this order. */
      readonly kind: 'episode'
      readonly instance: Instance
      readonly history: readonly HistoryRow[]
      readonly messages: readonly EventMessage[]
      readonly stale: readonly StoredMessage[]
    }
  | {
      /** One message that stops the orchestration or lets it go on; the others wait for what comes of it. */
      readonly kind: 'suspend' | 'resume'
      readonly instance: Instance
      readonly message: EventMessage
    }
  /** Nothing may be handled while it is suspended. */
  | { readonly kind: 'suspended'; readonly redundant: readonly StoredMessage[] }

/** Reads what an orchestration is to do now. */
export function readEpisodeBatch(
  hub: TaskHub,
  histories: HistoryCache,
  id: string,
  now: number,
): EpisodeBatch {
  const messages = hub.readMessages(id, now)
  const instance = hub.instances.read(id)
  if (instance === undefined || isOver(instance.status)) return { kind: 'void', stale: messages }
  const isCurrent = ({ execution }: StoredMessage) =>
    execution === undefined || execution === instance.execution
  const current = messages
    .filter(isCurrent)
    .map((message) => ({ ...message, row: toHistoryRow(message.input ?? '') }))
  const stale = messages.filter((message) => !isCurrent(message))
  if (current.length === 0) return { kind: 'void', stale }
  const control = findControl(instance, current)
  if (control) return control
  return {
    kind: 'episode',
    instance,
    history: histories.read(instance.execution),
    messages: upToSuspension(toArrivalOrder(current)),
    stale,
  }
}

/** A termination goes before everything else. */
function findControl(instance: Instance, messages: readonly EventMessage[]): EpisodeBatch | undefined {
  const find = (type: number) => messages.find(({ row }) => row.type === type)
  if (find(eventTypes.executionTerminated)) return undefined
  if (instance.status === 'Suspended') {
    const resumed = find(eventTypes.executionResumed)
    if (resumed) return { kind: 'resume', instance, message: resumed }
    return { kind: 'suspended', redundant: messages.filter(isSuspension) }
  }
  const [first] = messages
  return first && isSuspension(first) ? { kind: 'suspend', instance, message: first } : undefined
}

function isSuspension({ row }: EventMessage): boolean {
  return row.type === eventTypes.executionSuspended
}

function upToSuspension(messages: readonly EventMessage[]): readonly EventMessage[] {
  if (messages.some(({ row }) => row.type === eventTypes.executionTerminated)) return messages
  const suspendedAt = messages.findIndex(isSuspension)
  return suspendedAt > 0 ? messages.slice(0, suspendedAt) : messages
}

/**
 * A start comes first, whatever else waits; timers stand where they were due among the others, which keep their order. When a
 * timer was due its event tells: from when on the message is visible is forgotten while the orchestration is suspended.
 */
function toArrivalOrder(messages: readonly EventMessage[]): EventMessage[] {
  const isStart = ({ row }: EventMessage) => row.type === eventTypes.executionStarted
  const isTimer = ({ row }: EventMessage) => row.type === eventTypes.timerFired
  const timers = messages
    .filter(isTimer)
    .map((timer) => ({ timer, dueAt: readTime(timer) }))
    .sort((a, b) => a.dueAt - b.dueAt)
  const others = messages.filter((message) => !isTimer(message) && !isStart(message))
  const ordered = messages.filter(isStart)
  let due = 0
  for (const message of others) {
    const cameAt = timers.length === due ? 0 : readTime(message)
    for (let next = timers[due]; next && next.dueAt <= cameAt; next = timers[due]) {
      ordered.push(next.timer)
      due += 1
    }
    ordered.push(message)
  }
  return [...ordered, ...timers.slice(due).map(({ timer }) => timer)]
}

function readTime({ row }: EventMessage): number {
  return Date.parse((JSON.parse(row.event) as { Timestamp: string }).Timestamp)
}
