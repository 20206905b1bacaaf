import type { HistoryTurn } from './history-turns.js'
import type { RunRecord } from './run-record.js'
import { isOpen, type RunView } from './run-view.js'

/** One turn of the conversation that the page shows. */
export interface Turn {
  /** Tells it from all others, also when it is read again. */
  readonly key: string
  /** The correlation id of its run; `undefined` for what no run has said. */
  readonly run: string | undefined
  /** ISO 8601, UTC: when it was accepted. */
  readonly at: string
  readonly view: RunView
  /** The events of its run from the start, as far as they have come; `undefined` when only the history tells of it. */
  readonly records: readonly RunRecord[] | undefined
}

/** The turns of a page of history that has been read. */
export function toTurns(page: readonly HistoryTurn[]): readonly Turn[] {
  return page.map(({ run, at, view }, index) => ({
    key: run ?? `${at} ${index}`,
    run,
    at,
    view,
    records: undefined,
  }))
}

/**
 * What is shown, brought up to the newest page of the history. Turns that were followed stay as they are, for their
 * events tell more than the history does, and one that has just begun or ended may not be in it yet; so do older turns.
 */
export function mergeTurns(shown: readonly Turn[], page: readonly Turn[]): readonly Turn[] {
  const inPage = new Set(page.map(({ key }) => key))
  const known = new Map(shown.map((turn) => [turn.key, turn]))
  const first = shown.findIndex(({ key }) => inPage.has(key))
  const last = shown.findLastIndex(({ key }) => inPage.has(key))
  const older = shown.slice(0, Math.max(first, 0)).filter(({ view }) => !isOpen(view))
  const since = shown.slice(last + 1).filter(({ view, records }) => isOpen(view) || records !== undefined)
  const newest = page.map((turn) => {
    const before = known.get(turn.key)
    return before?.records === undefined ? turn : before
  })
  return [...older, ...newest, ...since]
}

/** The same turns with one of them changed. */
export function changeTurn(turns: readonly Turn[], key: string, change: Partial<Turn>): readonly Turn[] {
  return turns.map((turn) => (turn.key === key ? { ...turn, ...change } : turn))
}
