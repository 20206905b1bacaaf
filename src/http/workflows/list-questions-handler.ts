import { AgentError, hasCode } from '../../core/errors.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import type { WaitingRun } from '../../orchestration/workflow/waiting-runs.js'
import { logsAtATime } from '../../session/logs-at-a-time.js'
import { type Answer, createJsonAnswer } from '../answers.js'
import { parseCount, refuseUnknown } from '../parse-query.js'
import type { Call } from '../route.js'
import { findAnswerable } from './answerable-run.js'
import { toPendingItem, toRunLinks } from './workflow-answers.js'

/** `GET workflows/questions`: the questions that wait for a human, of all workflows, as far as the caller may answer them. */
export async function handleQuestions(call: Call): Promise<Answer> {
  const { searchParams: query } = call.url
  refuseUnknown(query, ['limit', 'after', 'code'])
  const limit = parseCount(query, 'limit', { min: 1, max: 1000 }) ?? 50
  const from = parseCount(query, 'after', { min: 0, max: latestDate }) ?? 0
  const { runs, next } = takePage(await call.workflowRuns.findWaiting(call.workflows, from), limit)
  const lines = await forEachLimited(runs, logsAtATime, (run) => listQuestions(call, run))
  return createJsonAnswer({ questions: lines.flat(), next_after: next })
}

/** The last moment of which there is a `Date`. */
const latestDate = 8_640_000_000_000_000

interface WaitingPage {
  readonly runs: readonly WaitingRun[]
  /** Where the next page begins; `undefined` when there is none. */
  readonly next: number | undefined
}

/**
 * Pages end between two seconds in which runs were started, and so one of many runs of one second has more than `limit`.
 * Security: a page is of runs that the caller may know nothing of, so what names its end must name none of them.
 */
function takePage(waiting: readonly WaitingRun[], limit: number): WaitingPage {
  const first = waiting[0]?.createdAt
  const next = waiting.slice(limit).find(({ createdAt }) => createdAt !== first)?.createdAt
  return { runs: waiting.filter(({ createdAt }) => next === undefined || createdAt < next), next }
}

/** What a run asks. One that cannot be read hides no other. */
async function listQuestions(call: Call, { workflow, instanceId }: WaitingRun): Promise<readonly object[]> {
  try {
    const run = await call.workflowRuns.readAny(workflow, instanceId)
    const questions = await findAnswerable(call, run)
    const links = toRunLinks(toWorkflowBase(call.url, workflow.name), instanceId)
    return questions.map((one) => ({ workflow: workflow.name, instanceId, ...toPendingItem(one, links) }))
  } catch (error) {
    if (!(error instanceof AgentError) || error.retryable) throw error
    // It may have been purged since it was found.
    if (!hasCode(error, 'not_found')) call.onError(error)
    return []
  }
}

function toWorkflowBase({ origin, pathname }: URL, name: string): string {
  return origin + pathname.replace(/[^/]+\/?$/, name)
}
