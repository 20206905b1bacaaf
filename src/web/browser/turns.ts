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

/** The newest page of the history. */
export interface NewestPage {
  /** Oldest first. */
  readonly turns: readonly Turn[]
  /** Whether the history begins with it. */
  readonly isWhole: boolean
  /** The keys of the turns that had ended before it was asked for: those that it lacks have been cleared. */
  readonly ended: ReadonlySet<string>
}

/**
 * What is shown, brought up to the newest page of the history. Turns that were followed stay as they are, for their
 * events tell more than the history does. So do those that it cannot tell of: older ones than the page has, messages that
 * have not arrived or were refused, and what has begun since.
 */
export function mergeTurns(shown: readonly Turn[], { turns, isWhole, ended }: NewestPage): readonly Turn[] {
  const known = new Map(shown.map((turn) => [turn.key, turn]))
  const inPage = new Set(turns.map(({ key }) => key))
  const first = isWhole ? -1 : shown.findIndex(({ key }) => inPage.has(key))
  const newest = turns.map((turn) => {
    const before = known.get(turn.key)
    return before?.records === undefined ? turn : before
  })
  return shown
    .filter(({ key }) => !inPage.has(key))
    .filter((turn, index) => index < first || isOpen(turn.view) || isRefused(turn) || !ended.has(turn.key))
    .reduce<readonly Turn[]>((all, turn) => addTurn(all, turn, shown), newest)
}

/** Whether the app has never taken the message. */
function isRefused({ view, records }: Turn): boolean {
  return !isOpen(view) && records?.length === 0
}

/** Adds a turn behind those that it stood behind; one that has not ended comes last. */
function addTurn(all: readonly Turn[], turn: Turn, shown: readonly Turn[]): readonly Turn[] {
  const before = new Set(shown.slice(0, shown.indexOf(turn)).map(({ key }) => key))
  const place = isOpen(turn.view) ? all.length : all.findLastIndex(({ key }) => before.has(key)) + 1
  return all.toSpliced(place, 0, turn)
}

/** The same turns with one of them changed. */
export function changeTurn(turns: readonly Turn[], key: string, change: Partial<Turn>): readonly Turn[] {
  return turns.map((turn) => (turn.key === key ? { ...turn, ...change } : turn))
}
