import type { InstanceTable, StoredHistoryRow } from '../../hub/instance-table.js'

/**
 * Histories that this process has read before, so that an episode reads only what has come to them since. Nothing is ever
 * changed in a history, and only a rewind takes events out, which their number tells.
 */
export class HistoryCache {
  readonly #instances: InstanceTable
  readonly #mostRows: number
  /** By execution, least recently used first. */
  readonly #histories = new Map<string, readonly StoredHistoryRow[]>()
  #rowCount = 0

  /** @param mostRows How many events to keep at most, of all histories together; the one in use is always kept. */
  constructor(instances: InstanceTable, mostRows = 20_000) {
    this.#instances = instances
    this.#mostRows = mostRows
  }

  /** All events of an execution, oldest first. */
  read(execution: string): readonly StoredHistoryRow[] {
    const known = this.#findKnown(execution)
    const added = this.#instances.readHistory(execution, known.at(-1)?.seq)
    const history = added.length === 0 ? known : [...known, ...added]
    this.forget(execution)
    this.#histories.set(execution, history)
    this.#rowCount += history.length
    this.#shrink(execution)
    return history
  }

  /** For an execution that is over. */
  forget(execution: string): void {
    this.#rowCount -= this.#histories.get(execution)?.length ?? 0
    this.#histories.delete(execution)
  }

  #findKnown(execution: string): readonly StoredHistoryRow[] {
    const known = this.#histories.get(execution) ?? []
    const last = known.at(-1)
    const isWhole = last && this.#instances.countHistory(execution, last.seq) === known.length
    return isWhole ? known : []
  }

  #shrink(inUse: string): void {
    for (const execution of this.#histories.keys()) {
      if (this.#rowCount <= this.#mostRows || execution === inUse) return
      this.forget(execution)
    }
  }
}
