import type { RunKey } from '../../run/run-log.js'
import type { EventRow, RunRow } from './rows.js'

export interface RecentRunsLimits {
  /** @default 512 */
  readonly maxRuns?: number | undefined
  /** Of the events' texts together. @default 4 Mi */
  readonly maxCharacters?: number | undefined
  /** Of the events' texts of one run; a longer log is not kept. @default 256 Ki */
  readonly maxCharactersPerRun?: number | undefined
}

/** A run as it stands in the file. */
export interface RecentRun {
  readonly row: RunRow
  /** All its events, in order, of a run about which no wish was ever filed; `undefined` when the file has to be asked. */
  readonly events: readonly EventRow[] | undefined
}

interface Entry {
  readonly agent: string
  readonly session: string
  row: RunRow
  events: EventRow[] | undefined
  characters: number
}

/**
 * The runs that this process was the last to write to: most of what is read is what has just been written. Bounded; the
 * longest untouched run goes first. Whoever uses it sees to it that it never differs from the file.
 */
export class RecentRuns {
  /** By name of the run alone: that is nearly always unique, and of two of one name the later stays. */
  readonly #entries = new Map<string, Entry>()
  readonly #maxRuns: number
  readonly #maxCharacters: number
  readonly #maxCharactersPerRun: number
  #characters = 0

  constructor(limits: RecentRunsLimits = {}) {
    const { maxRuns = 512, maxCharacters = 4 * 1024 ** 2, maxCharactersPerRun = 256 * 1024 } = limits
    this.#maxRuns = maxRuns
    this.#maxCharacters = maxCharacters
    this.#maxCharactersPerRun = maxCharactersPerRun
  }

  /** What is known of a run; changes with the next {@link add}. */
  get(key: RunKey): RecentRun | undefined {
    return this.#find(key)
  }

  /** Notes how a run stands after `added` were written to it; its first event makes it known as a whole. */
  add(key: RunKey, row: RunRow, added: readonly EventRow[]): void {
    const known = added[0]?.id === 0 ? { events: [], characters: 0 } : this.#find(key)
    const characters = (known?.characters ?? 0) + count(added)
    const events = characters <= this.#maxCharactersPerRun ? known?.events : undefined
    events?.push(...added)
    this.forget(key)
    const { agent, session, run } = key
    const kept = events === undefined ? 0 : characters
    this.#entries.set(run, { agent, session, row, events, characters: kept })
    this.#characters += kept
    this.#makeRoom()
  }

  /** Forgets a run, and any other of its name; from then on it is never known as a whole. */
  forget({ run }: RunKey): void {
    const entry = this.#entries.get(run)
    if (entry === undefined) return
    this.#characters -= entry.characters
    this.#entries.delete(run)
  }

  clear(): void {
    this.#entries.clear()
    this.#characters = 0
  }

  #find({ agent, session, run }: RunKey): Entry | undefined {
    const entry = this.#entries.get(run)
    return entry?.session === session && entry.agent === agent ? entry : undefined
  }

  #makeRoom(): void {
    for (const [run, { characters }] of this.#entries) {
      if (this.#entries.size <= this.#maxRuns && this.#characters <= this.#maxCharacters) return
      this.#characters -= characters
      this.#entries.delete(run)
    }
  }
}

function count(events: readonly EventRow[]): number {
  return events.reduce((sum, { data }) => sum + data.length, 0)
}
