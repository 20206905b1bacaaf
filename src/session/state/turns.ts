import type { StoredEntry } from './stored-state.js'

/** The entries of one turn: what the user said, also on the way, and what came of it. */
export interface Turn {
  /** 0 for entries that no run of ours made. */
  readonly turn: number
  readonly entries: readonly StoredEntry[]
}

/** The newest `limit` turns up to `upTo` that came after `after`. */
export interface TurnRange {
  readonly upTo: number
  readonly after: number
  readonly limit: number
}

/** Entries by turn, in order. A turn begins with a request; requests of the same turn belong together. */
export function toTurns(entries: readonly StoredEntry[]): readonly Turn[] {
  const turns: { turn: number; entries: StoredEntry[] }[] = []
  for (const entry of entries) {
    const last = turns.at(-1)
    const turn = toTurnNumber(entry)
    if (last !== undefined && (entry.$type !== 'request' || (turn !== 0 && turn === last.turn))) {
      last.entries.push(entry)
    } else {
      turns.push({ turn, entries: [entry] })
    }
  }
  return turns
}

function toTurnNumber({ extensionData }: StoredEntry): number {
  const turn = extensionData?.turn
  return typeof turn === 'number' ? turn : 0
}
