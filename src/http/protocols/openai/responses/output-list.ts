import type { ResponseOutputItem } from 'openai/resources/responses/responses'
import { type ItemKind, type ResponseKey, toItemId } from './response-id.js'

/** Where an item stands in a response's output. */
export interface Place {
  readonly id: string
  /** Its `output_index`: counted in the order in which items were begun, from 0. */
  readonly index: number
}

/** The output of a response: its items in the order in which they were begun, each with an id of its own. */
export class OutputList {
  readonly #key: ResponseKey
  readonly #items: (ResponseOutputItem | undefined)[] = []

  constructor(key: ResponseKey) {
    this.#key = key
  }

  /** What there is so far. Items that were begun in vain are left out, so that a place may be before its `index`. */
  get items(): ResponseOutputItem[] {
    return this.#items.filter((item) => item !== undefined)
  }

  /** The place of a new item. */
  begin(kind: ItemKind): Place {
    const index = this.#items.push(undefined) - 1
    return { id: toItemId(kind, this.#key, index), index }
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
