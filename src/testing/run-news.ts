import type { ApprovalRequested } from '../run/events.js'
import { fold, type RunState, toOpenApprovals } from '../run/fold.js'
import type { RunKey, RunLog } from '../run/run-log.js'
import { toAnswerText } from '../run/turn-messages.js'

/** What there is to tell of a run: how it ended, or that a human has to decide. */
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
}

/** The news of a run; `undefined` while it goes on. Calls whose outcome is unknown are the kit's to decide, and no news. */
export async function readNews(log: RunLog, key: RunKey): Promise<RunNews | undefined> {
  const state = fold(await log.read(key))
  if (state.outcome !== undefined) return toOutcomeNews(key.run, state)
  if (state.parked !== 'approval') return undefined
  const approvals = (await readUndecided(log, key, state)).filter(({ reason }) => reason === 'policy')
  if (approvals.length === 0) return undefined
  return { run: key.run, status: 'waiting', text: '', code: undefined, approvals }
}

/** The approvals of a run about which nobody has said anything yet; none when it is to be cancelled. */
export async function readUndecided(
  log: RunLog,
  key: RunKey,
  state: RunState,
): Promise<readonly ApprovalRequested[]> {
  const records = await log.controls(key)
  if (records.some(({ type }) => type === 'cancel')) return []
  return toOpenApprovals(state).filter(
    ({ approvalId }) =>
      !records.some((record) => record.type === 'decision' && record.approvalId === approvalId),
  )
}

function toOutcomeNews(run: string, state: RunState): RunNews | undefined {
  const { outcome } = state
  switch (outcome?.type) {
    case 'run.completed':
      return { run, status: 'completed', text: outcome.data.response, code: undefined, approvals: [] }
    case 'run.failed':
      return { run, status: 'failed', text: outcome.data.detail, code: outcome.data.code, approvals: [] }
    case 'run.cancelled':
      return {
        run,
        status: 'cancelled',
        text: outcome.data.text || toAnswerText(state),
        code: undefined,
        approvals: [],
      }
    default:
      return undefined
  }
}
