import type { JsonObject } from '../../core/json.js'
import type { Outage } from './outage.js'
import { readNumber, readObjects } from './read-fields.js'

/** Who has decided so many sees the next ones. */
const mostShown = 100

export interface WaitingLinesOptions {
  /** Waits for the app. */
  readonly outage: Outage
  /** A page of what waits. */
  readonly readPage: (after: number) => Promise<JsonObject>
  /** The member of a page that is the list. */
  readonly member: 'approvals' | 'questions'
  /** What tells a line from all others. */
  readonly toId: (line: JsonObject) => string
}

/** One list of the app of what waits for whoever sees the page. */
export class WaitingLines {
  readonly #options: WaitingLinesOptions
  #lines: ReadonlyMap<string, JsonObject> = new Map()
  #reading = new AbortController()

  constructor(options: WaitingLinesOptions) {
    this.#options = options
  }

  /** What has waited at the last look, by id. */
  get lines(): ReadonlyMap<string, JsonObject> {
    return this.#lines
  }

  /** Whether there are more than are shown. */
  get isFull(): boolean {
    return this.#lines.size === mostShown
  }

  /** Looks again; false when a later look has come before this one's end: only the last one counts. */
  async refresh(): Promise<boolean> {
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    try {
      const lines = await this.#read(signal)
      if (signal.aborted) return false
      this.#lines = new Map(lines.map((line) => [this.#options.toId(line), line]))
      return true
    } catch (error) {
      if (signal.aborted) return false
      throw error
    }
  }

  async #read(signal: AbortSignal): Promise<readonly JsonObject[]> {
    const { outage, readPage, member } = this.#options
    const lines: JsonObject[] = []
    let after = 0
    do {
      const page = await outage.outlast(() => {
        signal.throwIfAborted()
        return readPage(after)
      })
      lines.push(...readObjects(page, member))
      after = readNumber(page, 'next_after')
    } while (after > 0 && lines.length < mostShown)
    return lines.slice(0, mostShown)
  }
}
