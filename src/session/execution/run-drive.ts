import type { RunTask } from '../../agent/loop/run-context.js'
import type { DurableTools } from '../../agent/tools/durable-tools.js'
import type { ChatMessage } from '../../core/messages.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'
import type { RunState } from '../../run/fold.js'
import type { RunJournal } from '../../run/run-journal.js'
import type { RunKey, RunLog } from '../../run/run-log.js'

/** One execution of a run that has not ended. */
export interface RunDrive extends RunTask {
  readonly log: RunLog
  readonly key: RunKey
  /** What the log holds. */
  readonly events: readonly StoredEvent[]
  /** 0 for a run that is part of another one. */
  readonly turn: number
  /** The turn of the run whose place it takes. @default none */
  readonly replacesTurn?: number | undefined
  /** Finds what the model is shown of the past; may journal what that took. */
  readonly readHistory: (journal: RunJournal) => Promise<readonly ChatMessage[]>
  /** The orchestrations of its app, for the tools of a run; absent where there are none. */
  readonly durable?: ((key: RunKey) => DurableTools) | undefined
  readonly onAppended?: ((event: RunEvent, state: RunState) => void) | undefined
  /** Aborts when whoever asked for this run must stop. */
  readonly signal?: AbortSignal | undefined
}
