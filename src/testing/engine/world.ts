import type { EntityHandler } from 'durable-functions'
import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { Clock } from '../../core/clock.js'
import type { RunLog } from '../../run/run-log.js'
import type { AllowanceOptions } from '../../session/allowance/allowance.js'
import type { AgentEntityOptions } from '../../session/entity/agent-entity.js'
import type { OperationLimits } from '../../session/execution/execution-limits.js'
import type { StoredState } from '../../session/state/stored-state.js'
import type { Disturber } from './disturber.js'
import type { Observations } from './observations.js'
import type { EntityName, TaskHub } from './task-hub.js'
import type { VirtualClock } from './virtual-clock.js'
import type { Watchers } from './watchers.js'

/** Makes the agents of a process; it is called again after each crash, as a new process loads the app again. */
export type AgentFactory = (clock: Clock) => AgentDefinition | readonly AgentDefinition[]

/** Makes the entity of an agent. */
export type EntityFactory = (options: AgentEntityOptions) => EntityHandler<StoredState>

/** What outlives processes, and the settings of the app that runs in them. */
export interface World {
  readonly clock: VirtualClock
  readonly log: RunLog
  readonly hub: TaskHub
  readonly disturber: Disturber
  readonly observations: Observations
  readonly watchers: Watchers
  readonly createAgents: AgentFactory
  readonly createEntity: EntityFactory
  readonly limits: OperationLimits
  readonly settings: AppSettings
}

/** What the app under test is set to; see `AgentFunctionAppOptions`. */
export interface AppSettings {
  /** As the app's option: sessions in which nothing has happened for so long are deleted; ms. @default never */
  readonly sessionTtlMs?: number | undefined
  /** As the app's option: logs of runs that ended so long ago are deleted; ms. @default never */
  readonly runRetentionMs?: number | undefined
  /** As the app's option: what each owner may spend. @default as much as they like */
  readonly allowance?: AllowanceOptions | undefined
}

/** Puts a message on its way to an entity: now, or at `insistedFrom` (ms since 1970) and again until it is worked on. It arrives at once and once, unless something is to go wrong with it. */
export function sendMessage(
  { hub, clock, disturber, observations }: World,
  target: EntityName,
  operation: string,
  input: unknown,
  insistedFrom?: number,
): void {
  const sentAt = insistedFrom ?? clock.now()
  const isInsisted = insistedFrom !== undefined
  const { mailbox } = hub.open(target)
  const text = input === undefined ? undefined : JSON.stringify(input)
  const arrive = (dueAt: number) => mailbox.push({ operation, input: text, dueAt, isInsisted })
  const fate = disturber.fateOf(observations.messages++)
  if (fate === undefined || fate === 'twice' || fate === 'again') arrive(sentAt)
  if (fate === 'twice') arrive(sentAt)
  if (fate === 'again' || fate === 'late') arrive(sentAt + disturber.toDelay())
}
