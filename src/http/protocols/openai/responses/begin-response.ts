import { createHexId, toHexId } from '../../../../core/hex-id.js'
import { toCanonicalJson } from '../../../../core/json.js'
import type { ContinuedSession, RunRequest } from '../../../../run/events.js'
import { findEndedRuns, findOpenRuns } from '../../../../run/find-runs.js'
import { fold } from '../../../../run/fold.js'
import type { RunKey, RunSummary, SessionKey } from '../../../../run/run-log.js'
import { toOpenApprovals, toOpenCalls } from '../../../../run/waiting.js'
import { createRunRequest } from '../../../../session/client/run-request.js'
import { createFieldError } from '../../../request-errors.js'
import type { Call } from '../../../route.js'
import { findUnreported } from '../../../take-results.js'
import { answerBeforeMessage } from '../../answer-before-message.js'
import { findAskingRun } from '../../waiting-runs.js'
import { toCallId } from '../call-id.js'
import { requireConversation } from '../require-conversation.js'
import { toApprovalItemId } from './approval-item-id.js'
import type { Conversation } from './conversation.js'
import { type GivenAnswers, readAnswers, toGivenAnswers } from './given-answers.js'
import type { ParsedResponseRequest } from './parse-response-request.js'
import type { ResponseKey } from './response-id.js'
import type { ResponseInput } from './response-input.js'
import { takeAnswers } from './take-answers.js'

/** Begins what a request asks for, or finds what it began when it was sent before; names the response. */
export async function beginResponse(call: Call, asked: ParsedResponseRequest): Promise<ResponseKey> {
  const { input } = asked
  return input.type === 'answers' ? takeAnswers(call, asked, input.answers) : beginRun(call, asked, input)
}

async function beginRun(
  call: Call,
  asked: ParsedResponseRequest,
  { messages, results }: Extract<ResponseInput, { type: 'messages' }>,
): Promise<ResponseKey> {
  const { agent, correlationId, conversation } = asked
  const session = conversation?.session ?? createSessionId(call, asked)
  const key = { agent: agent.name, session, run: correlationId }
  const answered = results.length > 0 ? toGivenAnswers(asked, results) : undefined
  if (conversation === undefined) return begin(call, asked, key, messages)
  const { isOld, path, lastRun } = conversation
  const isNew = !isOld && answered === undefined && (await call.log.session(key)) === undefined
  if (isNew) return begin(call, asked, key, messages)
  await requireConversation(call, key, path)
  const place = await goToEnd(call, conversation, key, answered)
  if (place === 'end') return begin(call, asked, key, messages)
  const branch = { ...key, session: createSessionId(call, asked) }
  return begin(call, asked, branch, messages, { session, run: lastRun })
}

async function begin(
  call: Call,
  { options, metadata }: ParsedResponseRequest,
  key: RunKey,
  messages: RunRequest['messages'],
  continues?: ContinuedSession,
): Promise<ResponseKey> {
  const request = { messages, options: { ...options, continues }, owner: call.owner, metadata }
  await call.sessions.begin(key, createRunRequest(request))
  return { ...key, first: 0, part: 0 }
}

/** A request that is repeated under its key finds the session that it began. */
function createSessionId({ request, owner }: Call, { agent, correlationId }: ParsedResponseRequest): string {
  if (!hasKey(request)) return createHexId()
  return toHexId(toCanonicalJson([agent.name, owner ?? null, correlationId]))
}

/** Whether a request that is sent again can be told from a new one. */
function hasKey(request: Call['request']): boolean {
  return request.headers.has('idempotency-key')
}

/**
 * A conversation goes on from its end, and only once nothing is asked there. Whoever goes on from an earlier place gets another
 * one (`'branch'`), but only with a key: without one it may be a request whose answer was lost, which must not be run twice.
 */
async function goToEnd(
  call: Call,
  { lastRun, path, branches }: Conversation,
  key: RunKey,
  answered: GivenAnswers | undefined,
): Promise<'end' | 'branch'> {
  const last = await findLastRun(call, key)
  if (last === undefined || last.run === key.run) return 'end'
  const isAtEnd =
    lastRun === undefined || lastRun === last.run || (await isLastAnswer(call, { ...key, run: lastRun }))
  if (!isAtEnd) {
    if ((await call.log.read(key)).length > 0) return 'end'
    if (branches && answered === undefined && hasKey(call.request)) return 'branch'
    const advice = 'with the header Idempotency-Key another conversation goes on from there'
    throw createFieldError(path, `is not of the last response of its conversation; ${advice}`)
  }
  if (answered !== undefined) await takeResults(call, answered)
  await checkAsked(call, key)
  return 'end'
}

/** Takes what the client's tools gave before the user said something new. */
async function takeResults(call: Call, given: GivenAnswers): Promise<void> {
  const { key } = given
  const answers = await readAnswers(call, given)
  findUnreported(await call.sessions.readRun(key), answers.results)
  await answerBeforeMessage(call, key, answers)
}

async function checkAsked(call: Call, key: RunKey): Promise<void> {
  const asking = await findAskingRun(call, key)
  if (asking === undefined) return
  const standing = await call.sessions.readStanding(asking)
  const [approval] = toOpenApprovals(standing).map(
    ({ approvalId }) => `mcp_approval_request "${toApprovalItemId(asking, approvalId)}"`,
  )
  const [open] = toOpenCalls(standing).map(
    ({ callId }) => `function_call "${toCallId({ ...asking, callId })}"`,
  )
  const question = approval ?? open
  if (question === undefined) return
  throw createFieldError('input', `must answer ${question} first, which the conversation waits for`)
}

async function findLastRun({ log }: Call, key: SessionKey): Promise<RunSummary | undefined> {
  const open = await findOpenRuns(log, key)
  if (open.length > 0) return open.at(-1)
  const [newest] = await findEndedRuns(log, key, 1)
  return newest
}

const mostRunsInVain = 5

/** Whether only few runs have come after one, and to nothing: a client may have got no more of them than that they failed. */
async function isLastAnswer({ log, sessions }: Call, key: RunKey): Promise<boolean> {
  if ((await findOpenRuns(log, key)).length > 0) return false
  const newest = await findEndedRuns(log, key, mostRunsInVain + 1)
  for (const { run } of newest) {
    if (run === key.run) return true
    const { outcome } = fold(await sessions.readRun({ ...key, run }))
    if (outcome?.type === 'run.completed') return false
  }
  return false
}
