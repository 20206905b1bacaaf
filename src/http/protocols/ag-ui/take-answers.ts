import {
  fold,
  isCallersTool,
  type RunState,
  toLastCalls,
  toOpenApprovals,
  toOpenCalls,
} from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'
import { findUnreported } from '../../take-results.js'
import { type AnsweredRun, answerRun, type RunAnswers, toDecidedRun } from '../decide-run.js'
import { createWaitError } from '../waiting-runs.js'
import type { ParsedInput } from './parse-input.js'
import { toReportedResults, toReports } from './reported-results.js'
import { isAllTaken, isWithoutAnswer, listLatestRuns } from './taking-runs.js'

/**
 * Takes what a run has asked for: a human's decisions, and what came of the tools that the client carries out. Gives the run that goes on
 * with it; `undefined` when the user has said something since, or the run is to be tried again.
 */
export async function takeAnswers(call: Call, input: ParsedInput): Promise<AnsweredRun | undefined> {
  const { key: session, shown, decisions } = input
  const run = decisions.length > 0 ? toDecidedRun(decisions) : await findReportedRun(call, input)
  if (run === undefined) return undefined
  const key = { ...session, run }
  await call.sessions.requireSession(key, call.owner)
  const state = fold(await call.sessions.readRun(key))
  const answers = { decisions, results: toReportedResults(shown, run, state) }
  if (!isAllTaken(shown, key, state.request)) {
    await takeLastAnswers(call, key, state, answers)
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

/** Takes what is answered with the user's next message; what was answered before is history by then. */
async function takeLastAnswers(
  call: Call,
  key: RunKey,
  state: RunState,
  { decisions, results }: RunAnswers,
): Promise<void> {
  const calls = state.outcome === undefined ? toLastCalls(state) : []
  const open = calls.filter(({ completed }) => completed === undefined)
  const isOpen = (callId: string) => open.some((one) => one.call.callId === callId)
  const answers = { decisions, results: results.filter(({ callId }) => isOpen(callId)) }
  if (isNone(answers)) return
  await refuseToLeaveOpen(call, key, answers)
  const isUpToClient = decisions.length === 0 && open.every((one) => isCallersTool(state, one.call.name))
  if (isUpToClient) return endWithResults(call, key, answers.results)
  await answerRun(call, key, answers)
}

/** A run that has waited for nothing but the client has no more to say: with the message the model hears of what the client has done. */
async function endWithResults({ sessions }: Call, key: RunKey, placed: RunAnswers['results']): Promise<void> {
  const unreported = findUnreported(await sessions.readRun(key), placed)
  const results = unreported.map(({ callId, outcome }) => ({ callId, ...outcome }))
  await sessions.reportAndCancel(key, results, 'A newer message took its place.')
}

/** @throws {AgentError} `session_busy` when a run goes on waiting after these answers. */
async function refuseToLeaveOpen(
  { sessions }: Call,
  key: RunKey,
  { decisions, results }: RunAnswers,
): Promise<void> {
  const standing = await sessions.readStanding(key)
  const given = [...decisions.map(({ approvalId }) => approvalId), ...results.map(({ callId }) => callId)]
  const asked = [
    ...toOpenApprovals(standing).map(({ approvalId }) => approvalId),
    ...toOpenCalls(standing).map(({ callId }) => callId),
  ]
  if (asked.some((id) => !given.includes(id))) throw createWaitError(key)
}

function isNone({ decisions, results }: RunAnswers): boolean {
  return decisions.length + results.length === 0
}
