import type { FollowOptions, RunEventLike } from './follow-sources.js'
import { Nudge } from './nudge.js'
import type { StoredWorkflowEvent } from './workflow-events.js'
import type { WorkflowPlace } from './workflow-place.js'

/** Events of a run of an agent, or of a workflow. */
export type SourceBatch = readonly (RunEventLike | StoredWorkflowEvent)[]

/** What a stream needs to know of a run's place. */
export type StreamPlace = Pick<WorkflowPlace, 'path' | 'requestPrefix'>

/** Something whose events are part of a stream. */
export interface Source {
  readonly name: string
  /** Where it stands among workflows that are nested in each other. */
  readonly place: StreamPlace
  readonly iterator: AsyncIterator<SourceBatch>
  next: Promise<Arrival>
  /** Of a workflow: its instance. */
  readonly instanceId: string | undefined
  /** Of an agent's run: its node. */
  readonly node: string | undefined
  /** Its node has come to an end, so nothing new will begin. */
  isOver: boolean
  readonly nudge: Nudge
  /** By execution, the sources that this one's events have begun. */
  readonly begun: Map<number, string>
}

/** What a source gives next. */
export interface Arrival {
  readonly source: Source
  readonly batch: SourceBatch | undefined
}

/** Begins to read a source. */
export function openSource(
  what: Pick<Source, 'name' | 'place' | 'instanceId' | 'node'>,
  signal: AbortSignal,
  follow: (options: FollowOptions) => AsyncIterable<SourceBatch>,
): Source {
  const nudge = new Nudge()
  const iterator = follow({ signal, nudge, isOver: () => source.isOver })[Symbol.asyncIterator]()
  const next = new Promise<Arrival>(() => {})
  const source: Source = { ...what, iterator, nudge, isOver: false, begun: new Map(), next }
  source.next = pull(source)
  return source
}

/** Takes the next events ahead of time; should nobody ask for them any more, their failure does not matter. */
export function pull(source: Source): Promise<Arrival> {
  const arrival = source.iterator
    .next()
    .then(({ done, value }) => ({ source, batch: done ? undefined : value }))
  arrival.catch(() => {})
  return arrival
}
