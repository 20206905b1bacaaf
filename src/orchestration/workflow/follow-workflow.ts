import {
  type FollowOptions,
  followAgentRun,
  followJournal,
  type RunEventLike,
  type StreamServices,
} from './follow-sources.js'
import { Nudge } from './nudge.js'
import { readJournal } from './read-journal.js'
import { type Cursor, formatCursor, rootSource, toParentName, toSourceName } from './stream-cursor.js'
import { isWorkflowEnd, type NodeStarted, type StoredWorkflowEvent } from './workflow-events.js'
import { enterPlace, type WorkflowPlace } from './workflow-place.js'

/** An event of a workflow's run, or of something that works for it. */
export interface WorkflowStreamEvent {
  /** Where a reader goes on after this event. */
  readonly id: string
  /** The type of a workflow's event, or of an agent's run's event. */
  readonly type: string
  /** With `node`, the path to the node that it is about, wherever there is one. */
  readonly data: object
}

type StreamPlace = Pick<WorkflowPlace, 'path' | 'requestPrefix'>

/** Something whose events are part of a stream. */
interface Source {
  readonly name: string
  /** Where it stands among workflows that are nested in each other. */
  readonly place: StreamPlace
  readonly iterator: AsyncIterator<readonly (RunEventLike | StoredWorkflowEvent)[]>
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

interface Arrival {
  readonly source: Source
  readonly batch: readonly (RunEventLike | StoredWorkflowEvent)[] | undefined
}

/**
 * Yields the events of a workflow's run together with those of its agents' runs and nested workflows, as they happen. What
 * a node's work has to tell comes before the end of the node.
 */
export async function* followWorkflow(
  services: StreamServices,
  instanceId: string,
  after: Cursor,
  signal: AbortSignal,
): AsyncGenerator<readonly WorkflowStreamEvent[]> {
  const stop = new AbortController()
  const stream = new WorkflowStream(services, new Map(after), AbortSignal.any([signal, stop.signal]))
  try {
    await stream.openAll(instanceId)
    yield* stream.read()
  } finally {
    stop.abort()
  }
}

class WorkflowStream {
  readonly #services: StreamServices
  readonly #positions: Map<string, number>
  readonly #signal: AbortSignal
  readonly #sources = new Map<string, Source>()

  constructor(services: StreamServices, positions: Map<string, number>, signal: AbortSignal) {
    this.#services = services
    this.#positions = positions
    this.#signal = signal
  }

  /** Opens what the cursor says is going on: each source after the one that began it. */
  async openAll(instanceId: string): Promise<void> {
    this.#openJournal(rootSource, { path: '', requestPrefix: '' }, instanceId)
    const names = [...this.#positions.keys()].filter((name) => name !== rootSource)
    for (const name of names.sort((a, b) => a.split('.').length - b.split('.').length)) {
      const parent = this.#sources.get(toParentName(name))
      const id = Number(name.slice(name.lastIndexOf('.') + 1))
      const [event] =
        parent?.instanceId === undefined
          ? []
          : await readJournal(this.#services.durable, parent.instanceId, id - 1)
      if (parent !== undefined && event?.type === 'node.started') this.#openBegun(parent, name, event.data)
      else this.#positions.delete(name)
    }
  }

  async *read(): AsyncGenerator<readonly WorkflowStreamEvent[]> {
    while (this.#sources.has(rootSource)) {
      const { source, batch } = await Promise.race([...this.#sources.values()].map(({ next }) => next))
      yield* this.#deliver(source, batch)
    }
  }

  async *#deliver(source: Source, batch: Arrival['batch']): AsyncGenerator<readonly WorkflowStreamEvent[]> {
    if (batch === undefined) {
      this.#close(source.name)
      return
    }
    source.next = pull(source)
    if (source.instanceId === undefined) {
      yield batch.map((event) => this.#toRunEvent(source, event as RunEventLike))
    } else {
      for (const event of batch as readonly StoredWorkflowEvent[]) {
        yield* this.#finishBefore(source, event)
        const events = this.#toOwnEvents(source, event)
        if (events.length > 0) yield events
      }
    }
  }

  /** Nothing of a node comes after its end. */
  async *#finishBefore(
    { begun }: Source,
    { type, data }: StoredWorkflowEvent,
  ): AsyncGenerator<readonly WorkflowStreamEvent[]> {
    if (type !== 'node.completed' && type !== 'node.failed') return
    const source = this.#sources.get(begun.get(data.execution) ?? '-')
    if (source === undefined) return
    source.isOver = true
    while (this.#sources.get(source.name) === source) {
      const { batch } = await source.next
      yield* this.#deliver(source, batch)
    }
  }

  #toRunEvent(source: Source, { id, type, data }: RunEventLike): WorkflowStreamEvent {
    this.#positions.set(source.name, id)
    return { id: formatCursor(this.#positions), type, data: { node: source.node, ...data } }
  }

  /** That a nested workflow begins and ends, its node tells. */
  #toOwnEvents(source: Source, event: StoredWorkflowEvent): readonly WorkflowStreamEvent[] {
    const { id, type, data } = event
    const { name, place } = source
    this.#positions.set(name, id)
    if (event.type === 'node.started') this.#openBegun(source, toSourceName(name, id), event.data)
    if (isWorkflowEnd(event) && name !== rootSource) this.#positions.delete(name)
    if (name !== rootSource && type.startsWith('workflow.')) return []
    const node = 'node' in data ? { node: place.path + data.node } : {}
    const request = 'requestId' in data ? { requestId: place.requestPrefix + data.requestId } : {}
    return [{ id: formatCursor(this.#positions), type, data: { ...data, ...node, ...request } }]
  }

  #openBegun(parent: Source, name: string, started: NodeStarted): void {
    const node = parent.place.path + started.node
    if (started.nested !== undefined) {
      const { instanceId, ordinal } = started.nested
      this.#openJournal(name, enterPlace(parent.place, started.node, ordinal), instanceId)
    } else if (started.run !== undefined) this.#openRun(name, node, started.run)
    else return
    parent.begun.set(started.execution, name)
  }

  #openJournal(name: string, place: StreamPlace, instanceId: string): void {
    this.#open({ name, place, instanceId, node: undefined }, (options) =>
      followJournal(this.#services, instanceId, this.#startAt(name), options),
    )
  }

  #openRun(name: string, node: string, run: NonNullable<NodeStarted['run']>): void {
    this.#open({ name, place: { path: '', requestPrefix: '' }, instanceId: undefined, node }, (options) =>
      followAgentRun(this.#services, run, this.#startAt(name), options),
    )
  }

  #open(
    what: Pick<Source, 'name' | 'place' | 'instanceId' | 'node'>,
    follow: (options: FollowOptions) => AsyncIterable<readonly (RunEventLike | StoredWorkflowEvent)[]>,
  ): void {
    const nudge = new Nudge()
    const options = { signal: this.#signal, nudge, isOver: () => source.isOver }
    const iterator = follow(options)[Symbol.asyncIterator]()
    const next = new Promise<Arrival>(() => {})
    const source: Source = { ...what, iterator, nudge, isOver: false, begun: new Map(), next }
    source.next = pull(source)
    this.#sources.set(what.name, source)
  }

  #startAt(name: string): number {
    const position = this.#positions.get(name) ?? -1
    this.#positions.set(name, position)
    return position
  }

  #close(name: string): void {
    this.#sources.delete(name)
    if (name === rootSource) return
    this.#positions.delete(name)
    this.#sources.get(toParentName(name))?.nudge.poke()
  }
}

/** Takes the next events ahead of time; should nobody ask for them any more, their failure does not matter. */
function pull(source: Source): Promise<Arrival> {
  const arrival = source.iterator
    .next()
    .then(({ done, value }) => ({ source, batch: done ? undefined : value }))
  arrival.catch(() => {})
  return arrival
}
