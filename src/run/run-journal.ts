import { type Clock, systemClock } from '../core/clock.js'
import type { RunEvent, RunEventType, StoredEvent } from './events.js'
import { advance, fold, type RunState } from './fold.js'

export interface RunJournalOptions {
  /** What the log held when this executor opened it. */
  readonly events: readonly StoredEvent[]
  /** Writes to the log; see `RunLog.append`. */
  readonly append: (expected: number, events: readonly RunEvent[]) => Promise<number>
  /** Called with each event once it is in the log, in order. */
  readonly onAppended?: ((event: RunEvent) => void) | undefined
  /** How long deltas are gathered before they are written; 0 writes each at once. @default 15 */
  readonly deltaDelayMs?: number | undefined
  /** @default the machine's */
  readonly clock?: Clock | undefined
}

/**
 * One executor's pen on a run log. `record` is synchronous and changes the state at once; `flush` makes everything
 * recorded durable. Whoever is about to do something that cannot be undone flushes first.
 */
export class RunJournal {
  readonly #append: RunJournalOptions['append']
  readonly #onAppended: (event: RunEvent) => void
  readonly #deltaDelayMs: number
  readonly #clock: Clock
  readonly #broken = new AbortController()
  #state: RunState
  #written: number
  #buffer: RunEvent[] = []
  #tail: Promise<void> = Promise.resolve()
  /** Set while deltas are gathered; calling it ends that. */
  #stopGathering: (() => void) | undefined

  constructor({
    events,
    append,
    onAppended = () => {},
    deltaDelayMs = 15,
    clock = systemClock,
  }: RunJournalOptions) {
    this.#clock = clock
    this.#append = append
    this.#onAppended = onAppended
    this.#deltaDelayMs = deltaDelayMs
    this.#state = fold(events)
    this.#written = events.length
  }

  /** The run as recorded, whether written yet or not. */
  get state(): RunState {
    return this.#state
  }

  /** Aborts when the log refuses a write: this executor has been fenced off, or the store is gone. */
  get broken(): AbortSignal {
    return this.#broken.signal
  }

  /** Notes an event. Deltas are written soon, by themselves; everything else with the next {@link flush}. */
  record(event: RunEvent): void {
    const { next } = this.#state
    const merged = mergeDelta(this.#buffer.at(-1), event)
    this.#state = advance(this.#state, event)
    if (merged === undefined) {
      this.#buffer.push(event)
    } else {
      this.#buffer[this.#buffer.length - 1] = merged
      this.#state = { ...this.#state, next }
    }
    if (isDelta(event)) this.#flushSoon()
  }

  /** Resolves when everything recorded so far is in the log. @throws {FencedError} when another executor wrote. */
  flush(): Promise<void> {
    this.#stopGathering?.()
    this.#stopGathering = undefined
    this.#tail = this.#tail.then(() => this.#write())
    return this.#tail
  }

  #flushSoon(): void {
    this.#stopGathering ??= this.#clock.after(this.#deltaDelayMs, () => {
      // A failure shows at `broken` and at the next flush.
      this.flush().catch(() => {})
    })
  }

  async #write(): Promise<void> {
    const events = this.#buffer
    if (events.length === 0) return
    this.#buffer = []
    try {
      this.#written = await this.#append(this.#written, events)
    } catch (error) {
      this.#broken.abort(error)
      throw error
    }
    for (const event of events) this.#onAppended(event)
  }
}

function mergeDelta(last: RunEvent | undefined, next: RunEvent): RunEvent | undefined {
  if (last === undefined || last.type !== next.type) return undefined
  if (last.type !== 'message.delta' && last.type !== 'reasoning.delta') return undefined
  if (next.type !== 'message.delta' && next.type !== 'reasoning.delta') return undefined
  if (last.data.step !== next.data.step) return undefined
  return { type: last.type, data: { ...next.data, text: last.data.text + next.data.text } }
}

const deltas: readonly string[] = [
  'message.delta',
  'reasoning.delta',
  'tool.progress',
  'run.alive',
] satisfies readonly RunEventType[]

/** Whether an event is provisional: void if its step, or its tool, is begun again. */
function isDelta({ type }: RunEvent): boolean {
  return deltas.includes(type)
}
