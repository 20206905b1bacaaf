import type { HistoryRow } from '../../hub/instance-table.js'
import { eventTypes } from './history-event.js'

/** What was committed in one go: the start, events, decisions, and last the row that ends it. */
export interface HistoryEpisode<T extends HistoryRow> {
  readonly rows: readonly T[]
  readonly end: T
}

/** The episodes of a history, oldest first. */
export function splitEpisodes<T extends HistoryRow>(history: readonly T[]): HistoryEpisode<T>[] {
  const episodes: HistoryEpisode<T>[] = []
  let rows: T[] = []
  for (const row of history) {
    rows.push(row)
    if (row.type !== eventTypes.orchestratorCompleted) continue
    episodes.push({ rows, end: row })
    rows = []
  }
  return episodes
}

/** How many actions of its orchestrator a history knows: the row that ends its last episode counts them. */
export function countActions(history: readonly HistoryRow[]): number {
  return history.at(-1)?.task ?? 0
}
