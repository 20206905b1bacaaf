import { type ChatMessage, type Content, isBlank } from '../../../core/messages.js'
import { createFieldError } from '../../request-errors.js'
import { toMedia } from '../to-media.js'
import type { ApprovalResponse, CallOutput, InputItem, InputPart, ResponseBody } from './response-body.js'

/** An item that answers what a response has asked for, and where in `input` it stands. */
export interface PlacedAnswer {
  readonly index: number
  readonly item: ApprovalResponse | CallOutput
}

/** What a client says: something new, with what its tools gave before; or what a human has decided and what its tools gave. */
export type ResponseInput =
  | {
      readonly type: 'messages'
      readonly messages: readonly ChatMessage[]
      readonly results: readonly PlacedAnswer[]
    }
  | { readonly type: 'answers'; readonly answers: readonly PlacedAnswer[] }

/** Reads `input`. @throws {AgentError} `invalid_request` naming the field when it is blank, or mixes decisions with messages. */
export function toResponseInput(input: ResponseBody['input']): ResponseInput {
  const items: readonly InputItem[] =
    typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
  const answers = items.flatMap((item, index) => (item.type === 'message' ? [] : [{ index, item }]))
  const messages = items.filter((item) => item.type === 'message').map(toMessage)
  if (answers.length > 0 && messages.length === 0) return { type: 'answers', answers }
  if (answers.some(({ item }) => item.type === 'mcp_approval_response'))
    throw createFieldError('input', 'must not mix messages with mcp_approval_response items')
  if (messages.every(isBlank)) throw createFieldError('input', 'must not be blank')
  return { type: 'messages', messages, results: answers }
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
