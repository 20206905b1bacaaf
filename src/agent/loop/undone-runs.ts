import type { Effect } from '../../run/effects.js'
import type { RunState } from '../../run/fold.js'

/** How a run that undoes another one learns what that has done, and what was undone of it before. */
export interface UndoneRuns {
  /** How far a run of the session got, or one that worked for it. */
  read(run: string): Promise<RunState>
  /** Notes that this run undoes another one; gives how far all got that were to, this one included. */
  noteAttempt(run: string): Promise<readonly RunState[]>
}

/** What a run undoes of another one, newest first. */
export interface UndoPlan {
  readonly toUndo: readonly Effect[]
  /** What an earlier attempt has undone. */
  readonly undone: readonly Effect[]
  /** The ids (`undoId`) of what an earlier attempt may have undone: nobody knows. */
  readonly doubtful: ReadonlySet<string>
  /** What cannot be undone: its tool has no `undo`, or is gone. */
  readonly lasting: readonly Effect[]
}
