import type { HistoryTurn } from './history-turns.js'
import { toWholeMessage } from './message-text.js'
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
  /** The key of the turn whose place it takes, as long as only this page tells of it. @default none */
  readonly replaces?: string | undefined
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
export function mergeTurns(shown: readonly Turn[], page: NewestPage): readonly Turn[] {
  const { isWhole, ended } = page
  const turns = withoutReplaced(page.turns, shown)
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

/** The page may have been read before the app had what takes the place of some of it. */
function withoutReplaced(page: readonly Turn[], shown: readonly Turn[]): readonly Turn[] {
  return shown
    .filter((turn) => !isRefused(turn))
    .reduce((left, { replaces }) => takeBack(left, replaces).kept, page)
}

/** What stays and what goes when a message takes the place of a turn: that one goes, and all after it. Nothing does for one that is not there. */
export function takeBack(turns: readonly Turn[], replaces: string | undefined) {
  const place = turns.findIndex(({ key }) => key === replaces)
  const end = place === -1 ? turns.length : place
  return { kept: turns.slice(0, end), taken: turns.slice(end) }
}

/** What was taken back stands again before a turn that was refused its place; what had not been sent by then has been since, and is read. */
export function putBack(turns: readonly Turn[], taken: readonly Turn[], key: string): readonly Turn[] {
  const known = new Set(turns.map((turn) => turn.key))
  const missing = taken.filter((turn) => !known.has(turn.key) && turn.view.status !== 'sending')
  const { kept, taken: refused } = takeBack(turns, key)
  return refused.length === 0 ? turns : [...kept, ...missing, ...refused]
}

/** What was said in a turn, to be said anew; `undefined` when it cannot be: it is on its way, the page does not have its files, or nobody was asked it. */
export function toMessage(turn: Turn): string | undefined {
  const { run, view, records = [] } = turn
  if (run === undefined || view.status === 'sending') return undefined
  if (view.hasFile || view.undoes !== undefined) return undefined
  return records.length === 0 ? view.said : toWholeMessage(records)
}

/** How far turns have come: it changes when one is begun, followed or ended. */
export function toProgress(turns: readonly Turn[]): string {
  const followed = turns.filter(({ records }) => records !== undefined).length
  return `${followed} ${turns.filter(({ view }) => isOpen(view)).length}`
}

/** Whether a turn that has ended has called one of these tools, and nothing after it has undone that. */
export function canUndo(turns: readonly Turn[], { run, view }: Turn, tools: ReadonlySet<string>): boolean {
  if (run === undefined || isOpen(view)) return false
  const hasCalled = view.parts.some(
    (part) => part.kind === 'tool' && part.state !== 'called' && tools.has(part.name),
  )
  return hasCalled && !turns.some((other) => other.view.undoes === run && other.view.status === 'completed')
}

/** Whether the app has never taken the message. */
export function isRefused({ view, records }: Turn): boolean {
  return !isOpen(view) && records?.length === 0
}

/** Adds a turn behind those that it stood behind; one that has not ended comes last, and so does one that was refused when nothing stands behind it. */
function addTurn(all: readonly Turn[], turn: Turn, shown: readonly Turn[]): readonly Turn[] {
  const index = shown.indexOf(turn)
  const before = new Set(shown.slice(0, index).map(({ key }) => key))
  const after = new Set(shown.slice(index + 1).map(({ key }) => key))
  const isLast = isOpen(turn.view) || (isRefused(turn) && !all.some(({ key }) => after.has(key)))
  const place = isLast ? all.length : all.findLastIndex(({ key }) => before.has(key)) + 1
  return all.toSpliced(place, 0, turn)
}

/** The same turns with one of them changed. */
export function changeTurn(turns: readonly Turn[], key: string, change: Partial<Turn>): readonly Turn[] {
  return turns.map((turn) => (turn.key === key ? { ...turn, ...change } : turn))
}
