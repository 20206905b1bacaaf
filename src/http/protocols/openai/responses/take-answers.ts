import { toRunRequest } from '../../../../run/events.js'
import type { Call } from '../../../route.js'
import { answerRun } from '../../answer-run.js'
import { readBeforeAnswers } from '../../learned-answers.js'
import { checkSameOptions } from '../check-same-options.js'
import { requireConversation } from '../require-conversation.js'
import { readAnswers, toGivenAnswers } from './given-answers.js'
import type { ParsedResponseRequest } from './parse-response-request.js'
import type { PlacedAnswer } from './placed-answer.js'
import type { ResponseKey } from './response-id.js'
import { countParts } from './response-parts.js'

/**
 * Takes what a run waits for: decisions about tool calls, and what came of those that the client has carried out. What
 * follows is the next part of that run, and before it what came after the response that the client names as its last: an
 * answer may have got lost. Sending the same again finds the same.
 * @throws {AgentError} `not_found`, `invalid_request`, `approval_already_decided` or `result_already_reported`, naming the field.
 */
export async function takeAnswers(
  call: Call,
  asked: ParsedResponseRequest,
  placed: readonly PlacedAnswer[],
): Promise<ResponseKey> {
  const { conversation } = asked
  const given = toGivenAnswers(asked, placed)
  const { key } = given
  await requireConversation(call, key, conversation?.path ?? 'conversation')
  const answers = await readAnswers(call, given)
  const request = toRunRequest(await call.sessions.readRun(key))
  const fields = { format: 'text.format', instructions: 'instructions' }
  if (request !== undefined) checkSameOptions(asked.options, request.options, fields)
  const { answered } = await answerRun(call, key, answers)
  // The part that an answer belongs to is the first that is not over when it is taken.
  const parts = (await readBeforeAnswers(call, key, answered)).map(countParts)
  const unseen = conversation?.heard === undefined ? [] : [conversation.heard.part + 1]
  return { ...key, first: Math.min(...parts, ...unseen), part: Math.max(...parts) }
}
