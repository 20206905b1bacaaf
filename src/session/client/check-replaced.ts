import { AgentError } from '../../core/errors.js'
import type { RunOptions } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import type { AgentState } from '../state/agent-state.js'
import { bringUpToDate } from '../state/read-session.js'
import { findTurnOf } from '../state/take-back.js'

/**
 * Passes when a new run can take the place of another one. `readState` reads their session's state.
 * @throws {AgentError} `not_found` when that is no part of the conversation, `run_joined` when it is one with another run, `invalid_request` when the new one is to join a run itself.
 */
export async function checkReplaced(
  log: RunLog,
  replaced: RunKey,
  { onBusy }: RunOptions,
  readState: () => Promise<AgentState>,
): Promise<void> {
  if (onBusy === 'steer') {
    const message = 'must not be "steer" in a message that replaces another one'
    throw new AgentError('invalid_request', `onBusy: ${message}`, { issues: [{ path: 'onBusy', message }] })
  }
  const { request, joined, outcome, turn } = fold(await log.read(replaced))
  if (joined !== undefined) {
    const message = `replaces: run "${replaced.run}" has joined run "${joined}": replace "${joined}" instead.`
    throw new AgentError('run_joined', message)
  }
  const isOpen = request !== undefined && outcome === undefined
  if (isOpen || turn > 0) return
  const conversation = { log, key: replaced, state: await readState() }
  await bringUpToDate(conversation)
  if ((await findTurnOf(conversation, replaced.run)) === 0) throw createReplacesError(replaced.run)
}

/** Why a run cannot take another one's place. */
export function createReplacesError(replaced: string): AgentError {
  return new AgentError('not_found', `replaces: run "${replaced}" is no part of the conversation.`)
}
