import { fold } from '../../../run/fold.js'
import type { Call } from '../../route.js'
import { answerBeforeMessage } from '../answer-before-message.js'
import { answerRun, isNone, toDecidedRun } from '../answer-run.js'
import type { RunToTell } from '../tell-run.js'
import { createWaitError } from '../waiting-runs.js'
import type { ParsedInput } from './parse-input.js'
import { toReportedResults, toReports } from './reported-results.js'
import { isAllTaken, isWithoutAnswer, listLatestRuns } from './taking-runs.js'

/**
 * Takes what a run has asked for: a human's decisions, and what came of the tools that the client carries out. Gives the run that goes on
 * with it; `undefined` when the user has said something since, or the run is to be tried again.
 * @throws {AgentError} `session_busy` when what the user has said since would have to wait.
 */
export async function takeAnswers(call: Call, input: ParsedInput): Promise<RunToTell | undefined> {
  const { key: session, shown, decisions } = input
  const run = decisions.length > 0 ? toDecidedRun(decisions) : await findReportedRun(call, input)
  if (run === undefined) return undefined
  const key = { ...session, run }
  await call.sessions.requireSession(key, call.owner)
  const state = fold(await call.sessions.readRun(key))
  const answers = { decisions, results: toReportedResults(shown, run, state) }
  if (!isAllTaken(shown, key, state.request)) {
    if (!(await answerBeforeMessage(call, key, answers))) throw createWaitError(key)
    return undefined
  }
  if (isNone(answers)) return undefined
  const answered = await answerRun(call, key, answers)
  return decisions.length === 0 && isWithoutAnswer(state.outcome) ? undefined : answered
}

/** The newest run whose tool calls the client has carried out. */
async function findReportedRun(call: Call, { key, shown }: ParsedInput): Promise<string | undefined> {
  if (!shown.some(({ role }) => role === 'tool')) return undefined
  const runs = await listLatestRuns(call, key)
  return runs.find(({ run }) => toReports(shown, run).size > 0)?.run
}
