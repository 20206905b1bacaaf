import type { Clock } from '../../core/clock.js'
import type { TraceContext } from '../../core/trace-context.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'
import type { AgentDefinition } from '../agent-definition.js'

/** One execution of a run, as those who observe it see it. */
export interface ObservedRun {
  readonly agent: Pick<AgentDefinition, 'name' | 'client'>
  readonly sessionId: string | undefined
  /** Names a run that works for another one after both. */
  readonly correlationId: string
  /** What its log held before; empty for a run that is kept nowhere, and so has one execution only. */
  readonly events: readonly StoredEvent[]
  readonly clock: Clock
}

/** What an execution tells its observers. */
export interface RunObserver {
  /** The execution's own place in its trace, for those who go on with it; `undefined` when it has none. */
  readonly trace: TraceContext | undefined
  /** Told of each event once it is recorded. */
  note(event: RunEvent): void
}
