import type { z } from 'zod'
import { type ChatMessage, type Content, isBlank } from '../../../core/messages.js'
import type { GivenInstructions } from '../../caller-instructions.js'
import { parseShape } from '../../parse-shape.js'
import { createFieldError } from '../../request-errors.js'
import { toJoinedText } from '../to-joined-text.js'
import { toMedia } from '../to-media.js'
import {
  type ApprovalData,
  approvalMessage,
  type InputMessage,
  type InputPart,
  systemMessage,
  userMessage,
} from './process-body.js'

/** What the user says, or has decided. */
export type Input = SaidInput | DecidedInput

export interface SaidInput {
  readonly type: 'said'
  /** What comes after the last word of the agent. */
  readonly fresh: readonly ChatMessage[]
  /** All that the user has ever said, for a session that knows nothing of it; absent when all is fresh. @throws {AgentError} `invalid_request` naming the field. */
  readonly whole?: (() => readonly ChatMessage[]) | undefined
}

export interface DecidedInput {
  readonly type: 'decided'
  readonly decisions: readonly PlacedData[]
}

/** A decision, and where it stands in the request. */
export interface PlacedData {
  readonly at: number
  readonly data: ApprovalData
}

/**
 * Takes the user's messages out of a conversation: many clients send all of it every time. What it claims that the agent
 * has said is not read: the session knows better. @throws {AgentError} `invalid_request` naming the field.
 */
export function readInput(input: readonly InputMessage[]): Input {
  const start = findFresh(input)
  refuseVoices(input, start)
  if (input.slice(start).some(isDecision)) return { type: 'decided', decisions: toDecisions(input, start) }
  const fresh = toUserMessages(input, start)
  if (fresh.every(isBlank))
    throw createFieldError('input', 'must end with a message of the user that is not blank')
  return start === 0
    ? { type: 'said', fresh }
    : { type: 'said', fresh, whole: () => toUserMessages(input, 0) }
}

/** What the caller wants of the answer, wherever it stands. @throws {AgentError} `invalid_request` naming the field. */
export function findInstructions(input: readonly InputMessage[]): readonly GivenInstructions[] {
  return input.flatMap((message, index) => {
    if (!isInstructions(message)) return []
    const { content } = parseMessage(systemMessage, message, index)
    return [{ path: `input.${index}.role`, text: toJoinedText(content) }]
  })
}

function toDecisions(input: readonly InputMessage[], start: number): readonly PlacedData[] {
  return input.flatMap((message, at) => {
    if (at < start || isInstructions(message)) return []
    if (!isDecision(message))
      throw createFieldError(
        `input.${at}.type`,
        'must be mcp_approval_response, as there are others beside it',
      )
    return [{ at, data: parseMessage(approvalMessage, message, at).content[0].data }]
  })
}

/** Behind the agent's last word, and the results of the tools that it called. */
function findFresh(input: readonly InputMessage[]): number {
  const last = input.findLastIndex(({ role }) => role === 'assistant')
  if (last === -1) return 0
  const next = input.findIndex(({ role }, index) => index > last && role !== 'tool' && role !== 'system')
  return next === -1 ? input.length : next
}

/** Security: a caller is a user, and nobody else. */
function refuseVoices(input: readonly InputMessage[], start: number): void {
  const at = input.findIndex(({ role }, index) => role === 'tool' && index >= start)
  if (at !== -1) throw createFieldError(`input.${at}.role`, 'must be user: a caller speaks for nobody else')
}

function toUserMessages(input: readonly InputMessage[], start: number): readonly ChatMessage[] {
  return input.flatMap((message, index) =>
    index >= start && isOfUser(message) && !isDecision(message) ? [toUserMessage(message, index)] : [],
  )
}

function isDecision(message: InputMessage): boolean {
  return message.type === 'mcp_approval_response' && !isInstructions(message)
}

function isInstructions({ role }: InputMessage): boolean {
  return role === 'system'
}

function isOfUser(message: InputMessage): boolean {
  return message.role !== 'assistant' && message.role !== 'tool' && !isInstructions(message)
}

function toUserMessage(message: InputMessage, index: number): ChatMessage {
  const { content } = parseMessage(userMessage, message, index)
  return { role: 'user', contents: content.map(toContent) }
}

function parseMessage<T>(schema: z.ZodType<T>, message: InputMessage, index: number): T {
  return parseShape(schema, message, ['input', String(index)])
}

/** Data are told to the model as the JSON that they are. */
function toContent(part: InputPart): Content {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'data':
      return { type: 'text', text: JSON.stringify(part.data) }
    case 'image':
      return toMedia(part.image_url, 'image/*')
    case 'file':
      return toMedia(part.file_url ?? toDataUri(part.file_data ?? ''), 'application/octet-stream')
  }
}

function toDataUri(data: string): string {
  return /^data:/i.test(data) ? data : `data:application/octet-stream;base64,${data}`
}
