import type { ApprovalRequested } from '../run/events.js'
import { fold, type RunState } from '../run/fold.js'
import type { RunKey, RunLog } from '../run/run-log.js'
import { toAnswerText } from '../run/turn-messages.js'
import { isAsking, type OpenCall, toOpenApprovals, toOpenCalls, withWishes } from '../run/waiting.js'

/** What there is to tell of a run: how it ended, or that a human has to decide, or its caller to carry out a tool. */
export interface RunNews {
  /** The run's correlation id. */
  readonly run: string
  readonly status: 'completed' | 'failed' | 'cancelled' | 'waiting'
  /** What the agent said; of a failed run why it failed. */
  readonly text: string
  /** The error code of a failed run. */
  readonly code: string | undefined
  /** The tool calls that wait for a human. */
  readonly approvals: readonly ApprovalRequested[]
  /** The tool calls that wait for the caller. */
  readonly toolCalls: readonly OpenCall[]
}

/** The news of a run; `undefined` while it goes on. Calls whose outcome is unknown are the kit's to decide, and no news. */
export async function readNews(log: RunLog, key: RunKey): Promise<RunNews | undefined> {
  const state = await readAsking(log, key)
  if (state.outcome !== undefined) return toOutcomeNews(key.run, state)
  if (!isAsking(state)) return undefined
  const approvals = toOpenApprovals(state).filter(({ reason }) => reason !== 'unknown_outcome')
  const toolCalls = toOpenCalls(state)
  if (approvals.length + toolCalls.length === 0) return undefined
  return { run: key.run, status: 'waiting', text: '', code: undefined, approvals, toolCalls }
}

/** A run, asking only what nobody has answered yet; nothing when it is to be cancelled. Approvals expire when the run says so. */
export async function readAsking(log: RunLog, key: RunKey): Promise<RunState> {
  const state = fold(await log.read(key))
  return isAsking(state) ? withWishes(state, await log.controls(key), '') : state
}

const noQuestions = { approvals: [], toolCalls: [] }

function toOutcomeNews(run: string, state: RunState): RunNews | undefined {
  const { outcome } = state
  switch (outcome?.type) {
    case 'run.completed':
      return { run, status: 'completed', text: outcome.data.response, code: undefined, ...noQuestions }
    case 'run.failed':
      return { run, status: 'failed', text: outcome.data.detail, code: outcome.data.code, ...noQuestions }
    case 'run.cancelled':
      return {
        run,
        status: 'cancelled',
        text: outcome.data.text || toAnswerText(state),
        code: undefined,
        ...noQuestions,
      }
    default:
      return undefined
  }
}
