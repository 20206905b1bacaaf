import type { AgentResponse, AgentResponseUpdate } from '../core/response.js'
import type { RunEvent } from './events.js'
import { toUpdate } from './to-update.js'

/** Who reads a run while it is made. */
export interface RunFollowers {
  /** Whether there is anybody now. */
  isFollowed(): boolean
  /** Aborts when the last one has left. */
  readonly left: AbortSignal
}

type Start<Response> = (onEvent: (event: RunEvent) => void, followers: RunFollowers) => Promise<Response>

/**
 * A run in progress: await it for the whole answer, or iterate it for the increments; both tell the same story. It runs to its
 * end, whether anybody reads it or not; the run's `signal` ends it.
 * Of an answer that the model makes in the background, awaiting gives the token to come back with as soon as there is one,
 * and iterating from the start gives everything. Whoever leaves an iteration over that one ends the run there, and not the answer.
 */
export class AgentRun<Value = unknown, Response extends AgentResponse<Value> = AgentResponse<Value>>
  implements PromiseLike<Response>, AsyncIterable<AgentResponseUpdate>
{
  readonly #updates: AgentResponseUpdate[] = []
  readonly #response: Promise<Response>
  readonly #left = new AbortController()
  #ended = false
  #followers = 0
  #wake: () => void = () => {}
  #news: Promise<void>

  constructor(start: Start<Response>) {
    this.#news = this.#nextNews()
    this.#response = start((event) => this.#add(event), {
      isFollowed: () => this.#followers > 0,
      left: this.#left.signal,
    }).finally(() => this.#end())
    // Whoever only iterates meets the error there.
    this.#response.catch(() => {})
  }

  /** The whole answer, also after iterating. */
  finalResponse(): Promise<Response> {
    return this.#response
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a run is how its answer is asked for
  then<A = Response, B = never>(
    onFulfilled?: ((response: Response) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#response.then(onFulfilled, onRejected)
  }

  /** Every increment from the first, also when the run is already over. Throws what the run failed with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<AgentResponseUpdate> {
    this.#followers += 1
    try {
      yield* this.#readUpdates()
    } finally {
      this.#followers -= 1
      if (this.#followers === 0) await this.#leave()
    }
  }

  /** What works in the background ends here, and is waited for: whoever goes on then finds in the session what was said. */
  async #leave(): Promise<void> {
    this.#left.abort()
    const isLeftBehind = this.#updates.some(({ continuationToken }) => continuationToken !== undefined)
    if (isLeftBehind) await this.#response.catch(() => {})
  }

  async *#readUpdates(): AsyncGenerator<AgentResponseUpdate> {
    for (let position = 0; ; ) {
      const update = this.#updates[position]
      if (update !== undefined) {
        position += 1
        yield update
      } else if (this.#ended) {
        await this.#response
        return
      } else {
        await this.#news
      }
    }
  }

  #add(event: RunEvent): void {
    const update = toUpdate(event)
    if (update === undefined) return
    this.#updates.push(update)
    this.#announce()
  }

  #end(): void {
    this.#ended = true
    this.#announce()
  }

  #announce(): void {
    const wake = this.#wake
    this.#news = this.#nextNews()
    wake()
  }

  #nextNews(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
