import type { ResponseOutputItem } from 'openai/resources/responses/responses'

/** Where an item stands in a response's output. */
export interface Place {
  readonly id: string
  /** Its `output_index`: counted in the order in which items were begun, from 0. */
  readonly index: number
}

/** The output of a response: its items in the order in which they were begun, each with an id of its own. */
export class OutputList {
  readonly #seed: string
  readonly #items: (ResponseOutputItem | undefined)[] = []

  /** `seed` makes the ids of this list differ from those of others. */
  constructor(seed: string) {
    this.#seed = seed
  }

  /** What there is so far. Items that were begun in vain are left out, so that a place may be before its `index`. */
  get items(): ResponseOutputItem[] {
    return this.#items.filter((item) => item !== undefined)
  }

  /** The place of a new item; `prefix` tells its kind, as in OpenAI's ids. */
  begin(prefix: 'msg' | 'rs' | 'mcp' | 'fc'): Place {
    const index = this.#items.push(undefined) - 1
    return { id: `${prefix}_${this.#seed}_${index}`, index }
  }

  /** The place of an item that brings its id along. */
  beginAs(id: string): Place {
    return { id, index: this.#items.push(undefined) - 1 }
  }

  /** Puts an item, or its newer form, at its place. */
  set({ index }: Place, item: ResponseOutputItem): void {
    this.#items[index] = item
  }

  /** Leaves out an item that turned out to be void. */
  leaveOut({ index }: Place): void {
    this.#items[index] = undefined
  }
}
