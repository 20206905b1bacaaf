import { toJsonText } from '../../../core/json.js'
import type { FunctionResultContent } from '../../../core/messages.js'
import type { AguiEvent } from './agui-events.js'
import { toMessageId, toToolCallId } from './message-ids.js'

/** What came of a tool call. */
type Result = Pick<FunctionResultContent, 'callId' | 'result' | 'error'>

type ResultEvent = Extract<AguiEvent, { type: 'TOOL_CALL_RESULT' }>

/** What came of a tool call, as an event. */
export function toResultEvent(run: string, result: Result): ResultEvent {
  return {
    type: 'TOOL_CALL_RESULT',
    messageId: toResultId(run, result.callId),
    toolCallId: toToolCallId(run, result.callId),
    content: toResultText(result),
    role: 'tool',
  }
}

/** The id of the message that a result is. */
export function toResultId(run: string, callId: string): string {
  return toMessageId(run, `result-${callId}`)
}

/** A result in words: text as it is, else JSON; `{ error }` when there is none. */
export function toResultText({ result = null, error }: Result): string {
  return toJsonText(error === undefined ? result : { error })
}
