import { type ChatMessage, type Content, isBlank } from '../../../../core/messages.js'
import type { GivenInstructions } from '../../../caller-instructions.js'
import { createFieldError } from '../../../request-errors.js'
import { toJoinedText } from '../../to-joined-text.js'
import { toMedia } from '../../to-media.js'
import { type PlacedAnswer, toAnsweredRun } from './placed-answer.js'
import type {
  CallOutput,
  InputItem,
  InputPart,
  InstructionsMessage,
  ResponseBody,
  UserMessage,
} from './response-body.js'
import type { ToldHistory } from './told-history.js'

/** A request says no more than that at once. What it repeats does not count. */
const mostNewItems = 100

/** What a client says: something new, with what its tools gave before; or what a human has decided and what its tools gave. */
export type ResponseInput =
  | {
      readonly type: 'messages'
      readonly messages: readonly ChatMessage[]
      readonly results: readonly PlacedAnswer<CallOutput>[]
    }
  | { readonly type: 'answers'; readonly answers: readonly PlacedAnswer[] }

/** The items of an `input`: text is a message of the user. */
export function toInputItems(input: ResponseBody['input']): readonly InputItem[] {
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
}

/** What a request wants of the answer: its `instructions`, and those among its items, wherever they stand. */
export function findInstructions(
  { instructions }: Pick<ResponseBody, 'instructions'>,
  items: readonly InputItem[],
): readonly GivenInstructions[] {
  const among = items.flatMap((item, index) =>
    isInstructions(item) ? [{ path: `input.${index}.role`, text: toJoinedText(item.content) }] : [],
  )
  return [{ path: 'instructions', text: instructions ?? '' }, ...among]
}

/**
 * Reads what is new in `input`. What it repeats is the session's already, but for answers to the run that has been told
 * last: clients may send each call right ahead of its output.
 * @throws {AgentError} `invalid_request` naming the field when nothing is new, or what is new is blank, or mixes decisions with messages.
 */
export function toResponseInput(
  items: readonly InputItem[],
  history: ToldHistory | undefined,
): ResponseInput {
  const end = history?.end ?? -1
  const fresh = items.slice(end + 1).filter((item) => !isInstructions(item))
  checkCount(fresh)
  const messages = fresh.filter(isUserMessage).map(toMessage)
  const answers = items.flatMap((item, index) => toPlaced(item, index, end))
  const due = answers.filter((one) => !one.isEarlier || toAnsweredRun(one) === history?.run)
  if (messages.length === 0) return { type: 'answers', answers: due }
  if (fresh.some(({ type }) => type === 'mcp_approval_response'))
    throw createFieldError('input', 'must not mix messages with mcp_approval_response items')
  if (messages.every(isBlank)) throw createFieldError('input', 'must not be blank')
  return { type: 'messages', messages, results: due.filter(isResult) }
}

function checkCount({ length }: readonly InputItem[]): void {
  if (length === 0)
    throw createFieldError('input', 'must end with a message of the user, a decision or an output of a tool')
  if (length > mostNewItems) throw createFieldError('input', `must have at most ${mostNewItems} new items`)
}

function isUserMessage(item: InputItem): item is UserMessage {
  return item.type === 'message' && item.role === 'user'
}

function isInstructions(item: InputItem): item is InstructionsMessage {
  return item.type === 'message' && (item.role === 'system' || item.role === 'developer')
}

function isResult(placed: PlacedAnswer): placed is PlacedAnswer<CallOutput> {
  return placed.item.type === 'function_call_output'
}

function toPlaced(item: InputItem, index: number, end: number): readonly PlacedAnswer[] {
  if (item.type !== 'function_call_output' && item.type !== 'mcp_approval_response') return []
  return [{ index, item, isEarlier: index < end }]
}

function toMessage({ content }: UserMessage): ChatMessage {
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
