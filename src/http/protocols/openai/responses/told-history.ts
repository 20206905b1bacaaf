import type { RunKey } from '../../../../run/run-log.js'
import { isSameRun, parseCallId } from '../call-id.js'
import { isApprovalItemId, parseApprovalItemId } from './approval-item-id.js'
import type { InputItem, NewItem } from './response-body.js'
import { parseItemId, type ResponseKey } from './response-id.js'

/** What an `input` repeats of its conversation: all up to the last item that this server has said. */
export interface ToldHistory {
  /** Where that item stands. */
  readonly end: number
  /** The run that said it. */
  readonly run: string
  /** Names the conversation; `undefined` when all that is repeated of this server's are requests for approval, which do not. */
  readonly named: NamedItem | undefined
}

/** An item that names its conversation. */
export interface NamedItem {
  /** Where the name stands. */
  readonly path: string
  readonly key: RunKey
  /** The response that it belongs to, as far as the item tells. */
  readonly heard: ResponseKey | undefined
}

type ToldItem = Exclude<InputItem, NewItem>

/**
 * Finds how far a request repeats its conversation, as clients do that keep it themselves; `undefined` when it does not. Who
 * may go on with it is yet to be found out.
 * @throws {AgentError} `invalid_request` naming the field of what this server has not said.
 */
export function findHistory(items: readonly InputItem[]): ToldHistory | undefined {
  let history: ToldHistory | undefined
  for (const [end, item] of items.entries()) {
    if (isNewItem(item)) continue
    if (isQuestion(item)) {
      const path = `input.${end}.id`
      const { run, key } = parseApprovalItemId(path, item.id)
      // What has been heard of a run is known from the other items that it has said.
      const isKnown = key === undefined || isSameRun(history?.named?.key, key)
      history = { end, run, named: isKnown ? history?.named : { path, key, heard: undefined } }
    } else {
      const named = toNamed(item, end)
      history = { end, run: named.key.run, named }
    }
  }
  return history
}

/** Whether this server has not said it itself. */
function isNewItem(item: InputItem): item is NewItem {
  if (item.type === 'message') return item.role !== 'assistant'
  return item.type === 'mcp_approval_response' || item.type === 'function_call_output'
}

/** A reference does not say what it stands for, but for its id. */
function isQuestion(item: ToldItem): item is ToldItem & { readonly id: string } {
  return item.type === 'mcp_approval_request' || (item.type === 'item_reference' && isApprovalItemId(item.id))
}

function toNamed(item: ToldItem, index: number): NamedItem {
  if (item.type === 'function_call') {
    const path = `input.${index}.call_id`
    const key = parseCallId(path, item.call_id)
    return { path, key, heard: toHeard(item.id, key) }
  }
  const path = `input.${index}.id`
  const heard = parseItemId(path, item.id)
  return { path, key: heard, heard }
}

/** The response that a call belongs to: clients may leave out its item's id, as its own is enough. */
function toHeard(id: string | null | undefined, { session, run }: RunKey): ResponseKey | undefined {
  if (id === undefined || id === null) return undefined
  try {
    const heard = parseItemId('id', id)
    return heard.session === session && heard.run === run ? heard : undefined
  } catch {
    return undefined
  }
}
