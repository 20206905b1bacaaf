import type { JsonValue } from '../../../core/json.js'
import {
  type ChatMessage,
  type FunctionCallContent,
  toFunctionCalls,
  toReasoning,
  toSaidText,
} from '../../../core/messages.js'
import { type CallState, emptyRun, type RunState, toLastCalls } from '../../../run/fold.js'
import { toOpenCalls } from '../../../run/waiting.js'
import { toApprovalDescriptor } from './answer-teller.js'
import type { ApprovalDescriptor, UiMetadata, UiUserPart } from './ui-chunks.js'
import { toFileParts } from './ui-parts.js'

/** A message as front ends keep it. Source: `ai` 7, `UIMessage`. */
export interface UiMessage {
  readonly id: string
  readonly role: 'system' | 'user' | 'assistant'
  readonly metadata: UiMetadata
  readonly parts: readonly UiPart[]
}

export type UiPart =
  | UiUserPart
  | { readonly type: 'reasoning'; readonly text: string }
  | StepStart
  | UiToolPart

interface StepStart {
  readonly type: 'step-start'
}

/** A tool call, and how far it got. */
export interface UiToolPart {
  readonly type: `tool-${string}`
  readonly toolCallId: string
  readonly input: JsonValue
  /** Absent as long as the page is to carry it out. */
  readonly providerExecuted?: true
  readonly state:
    | 'input-available'
    | 'approval-requested'
    | 'approval-responded'
    | 'output-available'
    | 'output-error'
  readonly output?: JsonValue
  readonly errorText?: string
  readonly approval?: {
    readonly id: string
    readonly descriptor: ApprovalDescriptor
    readonly approved?: boolean
  }
}

/** What an answer consists of: the same parts that its stream makes. `run` says what is known of calls without result. */
export function toAnswerParts(messages: readonly ChatMessage[], run: RunState = emptyRun): readonly UiPart[] {
  const contents = messages.flatMap((message) => message.contents)
  const results = contents.filter((content) => content.type === 'functionResult')
  const toTool = (call: FunctionCallContent): UiToolPart => {
    const { callId: toolCallId, name, arguments: input } = call
    const result = results.find(({ callId }) => callId === toolCallId)
    if (toOpenCalls(run).some(({ callId }) => callId === toolCallId))
      return { type: `tool-${name}`, toolCallId, input, state: 'input-available' }
    const state = toLastCalls(run).find(({ call: { callId } }) => callId === toolCallId)
    const part = { type: `tool-${name}`, toolCallId, input, providerExecuted: true } as const
    if (result === undefined) return { ...part, ...toOpenState(state) }
    if (result.error !== undefined) return { ...part, state: 'output-error', errorText: result.error }
    return { ...part, state: 'output-available', output: result.result ?? null }
  }
  return messages
    .filter(({ role }) => role === 'assistant')
    .flatMap((message) => toStepParts(message, toTool))
}

function toStepParts(
  message: ChatMessage,
  toTool: (call: FunctionCallContent) => UiToolPart,
): readonly UiPart[] {
  const reasoning = toReasoning(message)
  const text = toSaidText(message)
  return [
    { type: 'step-start' },
    ...(reasoning === '' ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...toFileParts(message),
    ...toFunctionCalls(message).map(toTool),
  ]
}

function toOpenState(state: CallState | undefined): Pick<UiToolPart, 'state' | 'approval'> {
  if (state?.approval === undefined) return { state: 'input-available' }
  const approval = { id: state.approval.approvalId, descriptor: toApprovalDescriptor(state.approval) }
  if (state.decision === undefined) return { state: 'approval-requested', approval }
  const approved = state.decision.decision === 'approve'
  return { state: 'approval-responded', approval: { ...approval, approved } }
}
