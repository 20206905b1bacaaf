import { toTimestamp } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import { forEachLimited } from '../core/for-each-limited.js'
import type { ParkedQuery, ParkedRun, RunKey, RunLog } from '../run/run-log.js'
import { findApprovalRequest, toOpenApprovals } from '../run/waiting.js'
import { logsAtATime } from '../session/logs-at-a-time.js'
import { type Answer, createJsonAnswer } from './answers.js'
import { findRights, mayFindRights } from './decision-right.js'
import { parseCount, refuseUnknown } from './parse-query.js'
import { toReachable } from './reachable-agents.js'
import type { Call } from './route.js'

/** `GET approvals`: the tool calls that wait for a human, of all agents, as far as the caller may decide about them. */
export async function handleApprovals(call: Call): Promise<Answer> {
  const { searchParams: query } = call.url
  refuseUnknown(query, ['limit', 'after', 'code'])
  const limit = parseCount(query, 'limit', { min: 1, max: 1000 }) ?? 50
  const from = parseCount(query, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0
  const { runs, next } = await readPage(call.log, { from, limit })
  const lines = await forEachLimited(runs, logsAtATime, ({ key }) => listApprovals(call, key))
  return createJsonAnswer({ approvals: lines.flat(), next_after: next })
}

interface ParkedPage {
  readonly runs: readonly ParkedRun[]
  /** Where the next page begins; `undefined` when there is none. */
  readonly next: number | undefined
}

/**
 * Pages end between two times at which runs were accepted, and so one of many runs of one time has more than `limit`.
 * Security: a page is of runs that the caller may know nothing of, so what names its end must name none of them.
 */
async function readPage(log: RunLog, { from, limit }: ParkedQuery): Promise<ParkedPage> {
  const found = await log.parked({ from, limit: limit + 1 })
  const next = found[limit]?.acceptedAt
  if (next === undefined) return { runs: found, next }
  const runs = found.filter(({ acceptedAt }) => acceptedAt < next)
  return runs.length > 0 ? { runs, next } : readPage(log, { from, limit: 2 * limit })
}

async function listApprovals(call: Call, key: RunKey): Promise<readonly object[]> {
  if (!toReachable(call).some(({ name }) => name === key.agent)) return []
  const session = await call.log.session(key)
  // Most runs are somebody else's: their logs need not be read to know that.
  if (session === undefined || !mayFindRights(call, session)) return []
  const lines: object[] = []
  for (const { approval, requestedAt } of await findApprovals(call, key)) {
    const decisions = await findRights(call, session, { key, approval })
    const ids = { agent: key.agent, sessionId: key.session, correlationId: key.run }
    if (decisions.length > 0) lines.push({ ...ids, ...approval, requestedAt, decisions })
  }
  return lines
}

/** What a run asks humans, with its time. One whose log cannot be read hides no other. */
async function findApprovals(call: Call, key: RunKey) {
  try {
    const events = await call.sessions.readRun(key)
    const state = await call.sessions.readStanding(key, events)
    return toOpenApprovals(state).map((approval) => {
      const asked = findApprovalRequest(events, approval.approvalId)
      return { approval, requestedAt: asked && toTimestamp(asked.at) }
    })
  } catch (error) {
    if (!(error instanceof AgentError) || error.retryable) throw error
    call.onError(error)
    return []
  }
}
