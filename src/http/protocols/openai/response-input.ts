import { type ChatMessage, type Content, isBlank } from '../../../core/messages.js'
import { createFieldError } from '../../request-errors.js'
import { toMedia } from '../to-media.js'
import type { ApprovalResponse, InputItem, InputPart, ResponseBody } from './response-body.js'

/** What a client says: something new, or what a human has decided. */
export type ResponseInput =
  | { readonly type: 'messages'; readonly messages: readonly ChatMessage[] }
  | { readonly type: 'decisions'; readonly decisions: readonly ApprovalResponse[] }

/** Reads `input`. @throws {AgentError} `invalid_request` naming the field when it is blank, or both at once. */
export function toResponseInput(input: ResponseBody['input']): ResponseInput {
  const items: readonly InputItem[] =
    typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
  const decisions = items.filter((item) => item.type === 'mcp_approval_response')
  const messages = items.filter((item) => item.type === 'message').map(toMessage)
  if (decisions.length > 0 && messages.length > 0) {
    throw createFieldError('input', 'must not mix messages with mcp_approval_response items')
  }
  if (decisions.length > 0) return { type: 'decisions', decisions }
  if (messages.every(isBlank)) throw createFieldError('input', 'must not be blank')
  return { type: 'messages', messages }
}

function toMessage({ content }: Extract<InputItem, { type: 'message' }>): ChatMessage {
  const contents =
    typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content.map(toContent)
  return { role: 'user', contents }
}

function toContent(part: InputPart): Content {
  switch (part.type) {
    case 'input_text':
      return { type: 'text', text: part.text }
    case 'input_image':
      return toMedia(part.image_url, 'image/*')
    case 'input_file':
      return toMedia(part.file_data ?? part.file_url ?? '', 'application/octet-stream')
  }
}
