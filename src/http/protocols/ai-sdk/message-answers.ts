import { parseShape } from '../../parse-shape.js'
import type { PlacedResult } from '../../take-results.js'
import type { PlacedDecision, RunAnswers } from '../answer-run.js'
import { toAnsweringRun } from './answer-id.js'
import { approvalPart, outputPart, type UiBodyPart } from './chat-body.js'
import type { PlacedMessage } from './split-messages.js'

/** What a page answers in a message of the agent's: decisions about its tool calls, and what came of those that the page has carried out. */
export interface MessageAnswers extends RunAnswers {
  /** The run that the message tells; `undefined` when its id is none of ours, and so nobody waits for its outputs. */
  readonly run: string | undefined
}

/** Reads what is answered in a message; nothing when there is none. @throws {AgentError} `invalid_request` naming the field. */
export function toMessageAnswers(placed: PlacedMessage | undefined): MessageAnswers {
  if (placed === undefined) return { run: undefined, decisions: [], results: [] }
  const {
    message: { id, parts },
    path,
  } = placed
  const places = parts.map((part, index) => ({ part, place: [...path, 'parts', String(index)] }))
  const decisions = places.filter(({ part }) => part.state === 'approval-responded').map(toDecision)
  const run = toAnsweringRun(id)
  const results = run === undefined ? [] : places.filter(({ part }) => isOutput(part)).map(toResult)
  return { run, decisions, results }
}

interface PlacedPart {
  readonly part: UiBodyPart
  readonly place: readonly string[]
}

/** Whether a part says what came of a call that the page has carried out. What we have told as done is marked. */
function isOutput({ type, state, providerExecuted, preliminary }: UiBodyPart): boolean {
  if (providerExecuted === true || preliminary === true) return false
  const isTool = type === 'dynamic-tool' || type.startsWith('tool-')
  return isTool && (state === 'output-available' || state === 'output-error')
}

function toDecision({ part, place }: PlacedPart): PlacedDecision {
  const { approval } = parseShape(approvalPart, part, place)
  return {
    approvalId: approval.id,
    decision: approval.approved ? 'approve' : 'reject',
    reason: approval.reason,
    path: [...place, 'approval', 'id'].join('.'),
  }
}

function toResult({ part, place }: PlacedPart): PlacedResult {
  const told = parseShape(outputPart, part, place)
  const outcome = told.state === 'output-error' ? { error: told.errorText } : { result: told.output ?? null }
  return { path: [...place, 'toolCallId'].join('.'), callId: told.toolCallId, outcome }
}
