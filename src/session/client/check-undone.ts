import { AgentError } from '../../core/errors.js'
import { fold } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'

/**
 * Passes when a new run can undo another one: whose log is there. The conversation need not have it any more.
 * @throws {AgentError} `not_found` when it is not, `not_undoable` when it undid another one itself, `run_joined` when its message became part of another run.
 */
export async function checkUndone(log: RunLog, undone: RunKey): Promise<void> {
  const { request, joined } = fold(await log.read(undone))
  if (request === undefined)
    throw new AgentError('not_found', `undoes: the session has no run "${undone.run}", or its log is gone.`)
  const { undoes } = request.options
  if (undoes !== undefined) {
    const message = `undoes: run "${undone.run}" is there to undo run "${undoes.run}", and cannot be undone itself.`
    throw new AgentError('not_undoable', message)
  }
  if (joined === undefined) return
  const message = `undoes: run "${undone.run}" has joined run "${joined}": undo "${joined}" instead.`
  throw new AgentError('run_joined', message)
}
