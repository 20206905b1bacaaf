import type { Clock } from '../../core/clock.js'
import { WorkLimit } from '../../core/work-limit.js'
import type { HistorySummarized } from '../../run/events.js'
import { type CompactionStrategy, type HistoryTurn, splitTurns } from './compaction.js'

interface CompactionRun {
  /** What the turns before these were boiled down to. */
  readonly known: string | undefined
  readonly signal: AbortSignal
  /** Longest time for a summary; no limit when absent. */
  readonly timeoutMs: number | undefined
  readonly clock: Clock
  /** Told why there is no summary. */
  readonly onError: (error: unknown) => void
}

/** The turns to show as they are, after those that are summarised: all that the strategy shows, if that fails or takes too long. */
export async function compactTurns(
  strategy: CompactionStrategy,
  all: readonly HistoryTurn[],
  { known, signal, timeoutMs, clock, onError }: CompactionRun,
): Promise<{ readonly turns: readonly HistoryTurn[]; readonly summarized?: HistorySummarized }> {
  const { summarizer } = strategy
  const turns = strategy.select(all)
  if (summarizer === undefined || turns.length <= summarizer.keepTurns + summarizer.everyTurns)
    return { turns }
  const { older, newest } = splitTurns(turns, summarizer.keepTurns)
  const limit = new WorkLimit([signal], timeoutMs, clock)
  try {
    const { text, usage } = await summarizer.summarize(older, known, limit.signal)
    return { turns: newest, summarized: { upToTurn: older.at(-1)?.turn ?? 0, text, usage } }
  } catch (error) {
    signal.throwIfAborted()
    onError(error)
    return { turns }
  } finally {
    limit.end()
  }
}
