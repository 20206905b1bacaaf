import { toCanonicalJson } from '../../core/json.js'
import {
  type FollowOptions,
  followAgentRun,
  followJournal,
  type RunEventLike,
  type StreamServices,
} from './follow-sources.js'
import { readJournal } from './read-journal.js'
import { type Cursor, formatCursor, rootSource, toParentName, toSourceName } from './stream-cursor.js'
import {
  type Arrival,
  openSource,
  pull,
  type Source,
  type SourceBatch,
  type StreamPlace,
} from './stream-source.js'
import { isWorkflowEnd, type NodeStarted, type StoredWorkflowEvent } from './workflow-events.js'
import { enterPlace } from './workflow-place.js'

/** An event of a workflow's run, or of something that works for it. */
export interface WorkflowStreamEvent {
  /** Where a reader goes on after this event. */
  readonly id: string
  /** The type of a workflow's event, or of an agent's run's event. */
  readonly type: string
  /** With `node`, the path to the node that it is about, wherever there is one. */
  readonly data: object
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
  /** The runs of agents by the sources that tell of them, and those that were told of to their ends. */
  readonly #runs = new Map<string, string>()
  readonly #told = new Set<string>()

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

  /** A try that goes on with the run of an earlier one has nothing more to tell. */
  #openRun(name: string, node: string, run: NonNullable<NodeStarted['run']>): void {
    const id = toCanonicalJson(run)
    if (this.#told.has(id)) return
    this.#runs.set(name, id)
    this.#open({ name, place: { path: '', requestPrefix: '' }, instanceId: undefined, node }, (options) =>
      followAgentRun(this.#services, run, this.#startAt(name), options),
    )
  }

  #open(
    what: Pick<Source, 'name' | 'place' | 'instanceId' | 'node'>,
    follow: (options: FollowOptions) => AsyncIterable<SourceBatch>,
  ): void {
    this.#sources.set(what.name, openSource(what, this.#signal, follow))
  }

  #startAt(name: string): number {
    const position = this.#positions.get(name) ?? -1
    this.#positions.set(name, position)
    return position
  }

  #close(name: string): void {
    this.#sources.delete(name)
    if (name === rootSource) return
    const run = this.#runs.get(name)
    if (run !== undefined && (this.#positions.get(name) ?? -1) >= 0) this.#told.add(run)
    this.#positions.delete(name)
    this.#sources.get(toParentName(name))?.nudge.poke()
  }
}
