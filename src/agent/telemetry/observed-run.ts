import type { TraceContext } from '../../core/trace-context.js'
import type { RunEvent } from '../../run/events.js'
import type { RunState } from '../../run/fold.js'
import type { AgentDefinition } from '../agent-definition.js'
import type { RunPlace } from './run-place.js'

/** One execution of a run, as those who observe it see it. */
export interface ObservedRun {
  readonly agent: Pick<AgentDefinition, 'name' | 'client'>
  readonly sessionId: string | undefined
  readonly correlationId: string
  /** Where the run stood before. */
  readonly before: RunState
  /** Which execution it is; `undefined` for runs that have one only, as they are kept nowhere. */
  readonly execution: { readonly epoch: number; readonly attempt: number } | undefined
  /** When it was accepted; ms since 1970 UTC. */
  readonly acceptedAt: number
  /** When humans were asked in earlier executions, by approval; ms since 1970 UTC. @default never */
  readonly askedAt?: ReadonlyMap<string, number> | undefined
  readonly now: () => number
  /** Finds where in a trace it stands; asked for only when there is one. */
  readonly findPlace: () => RunPlace
}

/** What an execution tells its observers. */
export interface RunObserver {
  /** The execution's own place in its trace, for those who go on with it; `undefined` when it has none. */
  readonly trace: TraceContext | undefined
  /** Told of each event once it is recorded. */
  note(event: RunEvent): void
}
