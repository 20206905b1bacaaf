import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { Clock } from '../../core/clock.js'
import type { ControlRecord } from '../../run/control.js'
import type { AllowanceOptions } from '../allowance/allowance.js'

export interface SessionClientOptions {
  /** @default the machine's */
  readonly clock?: Clock | undefined
  /** The agents whose sessions it reads; what providers make for runs that are deleted or given up is cancelled. @default none */
  readonly agents?: readonly AgentDefinition[] | undefined
  /** Longer data URIs in messages are kept beside the log of their run. @default 32,768 */
  readonly maxInlineMediaBytes?: number | undefined
  /** Conversations that have more, with their files, are not copied. @default 33,554,432 */
  readonly maxContinuedBytes?: number | undefined
  /** What each owner may spend. @default as much as they like */
  readonly allowance?: AllowanceOptions | undefined
}

export interface BeginOptions {
  /**
   * Asked about a run that has been written down just now, before anybody is told of it: whether another one does its work.
   * Then it ends as cancelled, and no conversation has it. @default never
   */
  readonly isNeedless?: (() => Promise<boolean>) | undefined
  /** Wishes about the run, filed before anybody is told of it. @default none */
  readonly wishes?: readonly ControlRecord[] | undefined
}
