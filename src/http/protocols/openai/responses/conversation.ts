import type { Agent } from '../../../../agent/agent.js'
import { AgentError } from '../../../../core/errors.js'
import { parseSessionId } from '../../../ids.js'
import { createFieldError } from '../../../request-errors.js'
import { toAnsweredRun } from './placed-answer.js'
import type { ResponseBody } from './response-body.js'
import { parseResponseId, type ResponseKey } from './response-id.js'
import type { ResponseInput } from './response-input.js'
import type { ToldHistory } from './told-history.js'

/** The conversation that a request goes on with. */
export interface Conversation {
  readonly session: string
  /** Where the request names it. */
  readonly path: string
  /** Whether the caller has heard of it before, so that it has to be there. */
  readonly isOld: boolean
  /** The run that has to be its last one, unless another conversation goes on from there; `undefined` when any may be. */
  readonly lastRun: string | undefined
  /** Whether another conversation may go on from there: the request names none. */
  readonly branches: boolean
  /** The response of that run which the caller has heard last, where that is known. */
  readonly heard: ResponseKey | undefined
}

/**
 * Reads which conversation a request goes on with: that of the previous response, the one that it names, or else the one
 * that its input repeats. `undefined` begins one.
 * @throws {AgentError} `invalid_request` or `conflicting_session_id`, naming the field.
 */
export function toConversation(
  body: ResponseBody,
  agent: Agent,
  history: ToldHistory | undefined,
  input: ResponseInput,
): Conversation | undefined {
  const repeated = toRepeated(agent, history)
  const explicit = toPrevious(body, agent) ?? toNamed(body, history)
  if (explicit !== undefined && repeated !== undefined && repeated.session !== explicit.session)
    throw createFieldError(repeated.path, `is not of the conversation of ${explicit.path}`)
  if (history !== undefined && explicit === undefined && repeated === undefined)
    throw createFieldError('previous_response_id', 'is required with mcp_approval_request, or conversation')
  return isAnswered(repeated, explicit, input) ? repeated : (explicit ?? repeated)
}

/** Whether a request answers what it repeats, and names an earlier response, as clients do that name the one ahead of all that they repeat. */
function isAnswered(
  repeated: Conversation | undefined,
  explicit: Conversation | undefined,
  input: ResponseInput,
): boolean {
  if (explicit?.lastRun === undefined || repeated === undefined) return false
  const answers = input.type === 'answers' ? input.answers : input.results
  return (
    explicit.lastRun !== repeated.lastRun && answers.some((one) => toAnsweredRun(one) === repeated.lastRun)
  )
}

function toPrevious(body: ResponseBody, agent: Agent): Conversation | undefined {
  const path = 'previous_response_id'
  const id = body[path]
  if (id === undefined || id === null) return undefined
  const heard = parseResponseId(path, id)
  if (heard.agent !== agent.name)
    throw createFieldError(path, `is a response of ${heard.agent}, not of ${agent.name}`)
  const { session, run: lastRun } = heard
  const named = parseNamed(body)
  if (named !== undefined && named !== session) {
    const message = 'is not that of previous_response_id'
    throw new AgentError('conflicting_session_id', `conversation: ${message}`, {
      issues: [{ path: 'conversation', message }],
    })
  }
  return { session, path, isOld: true, lastRun, branches: named === undefined, heard }
}

function toNamed(body: ResponseBody, history: ToldHistory | undefined): Conversation | undefined {
  const session = parseNamed(body)
  if (session === undefined) return undefined
  const isOld = history !== undefined
  return { session, path: 'conversation', isOld, lastRun: undefined, branches: false, heard: undefined }
}

function parseNamed({ conversation }: ResponseBody): string | undefined {
  if (conversation === undefined || conversation === null) return undefined
  return parseSessionId(typeof conversation === 'string' ? conversation : conversation.id, 'conversation')
}

function toRepeated(agent: Agent, history: ToldHistory | undefined): Conversation | undefined {
  if (history?.named === undefined) return undefined
  const { key, path, heard } = history.named
  if (key.agent !== agent.name) throw createFieldError(path, `is of ${key.agent}, not of ${agent.name}`)
  const { run: lastRun } = history
  const isLast = heard?.run === lastRun
  return {
    session: key.session,
    path,
    isOld: true,
    lastRun,
    branches: true,
    heard: isLast ? heard : undefined,
  }
}
