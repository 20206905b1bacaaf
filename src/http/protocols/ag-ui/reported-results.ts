import { type JsonValue, parseWritableJson } from '../../../core/json.js'
import type { CallState, RunState } from '../../../run/fold.js'
import { isCallersTool } from '../../../run/waiting.js'
import { parseShape } from '../../parse-shape.js'
import type { PlacedResult } from '../../take-results.js'
import { toJoinedText } from '../to-joined-text.js'
import { toolMessage } from './agui-body.js'
import type { AguiMessage } from './agui-events.js'
import { isMessageOf, toToolCallId } from './message-ids.js'
import { toResultId } from './tool-results.js'

/** What a client reports of a run's tool calls that it has carried out, with what its messages say. @throws {AgentError} `invalid_request` naming the field. */
export function toReportedResults(
  shown: readonly AguiMessage[],
  run: string,
  state: RunState,
): readonly PlacedResult[] {
  const calls = state.steps.flatMap((step) => step.calls)
  return shown.flatMap((message, index) => {
    const callId = toReportedCall(run, message)
    const made = calls.find(({ call }) => call.callId === callId)
    if (callId === undefined || (made !== undefined && !isAsked(state, made))) return []
    return [{ path: `messages.${index}.toolCallId`, callId, outcome: toOutcome(message, index) }]
  })
}

/** What a client reports of a run's tool calls, by their ids. */
export function toReports(shown: readonly AguiMessage[], run: string): ReadonlyMap<string, AguiMessage> {
  const reports = shown.flatMap((message) => {
    const callId = toReportedCall(run, message)
    return callId === undefined ? [] : [[callId, message] as const]
  })
  return new Map(reports)
}

/** The tool call of a run that a message reports of; `undefined` for what the run itself has told. */
function toReportedCall(run: string, { id, role, toolCallId }: AguiMessage): string | undefined {
  if (role !== 'tool' || typeof toolCallId !== 'string' || !isMessageOf(run, toolCallId)) return undefined
  const callId = toolCallId.slice(toToolCallId(run, '').length)
  return id === toResultId(run, callId) ? undefined : callId
}

/** Whether a call was the client's to carry out. One whose arguments did not fit was over before. */
function isAsked(state: RunState, { call, completed, pending }: CallState): boolean {
  return isCallersTool(state, call.name) && (completed === undefined || pending !== undefined)
}

function toOutcome(message: AguiMessage, index: number): PlacedResult['outcome'] {
  const { content, error } = parseShape(toolMessage, message, ['messages', String(index)])
  if (error) return { error }
  return { result: toResult(toJoinedText(content)) }
}

/** Objects and lists are what their text says; in anything else, such as a long number, text keeps every character. */
function toResult(text: string): JsonValue {
  const value = parseWritableJson(text)
  return typeof value === 'object' && value !== null ? value : text
}
