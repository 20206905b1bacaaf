import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { isJsonObject, type JsonObject } from '../../core/json.js'
import type { Content, ProviderData } from '../../core/messages.js'

/** Under this name contents carry what the Responses API wants back. */
const provider = 'openaiResponses'

/** What a content remembers of the output item that it was made of. */
export interface ItemData {
  /** The item's id. */
  readonly id?: string | undefined
  /** The whole item, where our contents cannot express it. */
  readonly item?: ResponseInputItem | undefined
  /** Members of the item that are sent back as they came. */
  readonly members?: JsonObject | undefined
  /** The response it was part of, when the provider keeps that. */
  readonly response?: string | undefined
}

/** {@link ItemData} as a content carries it. */
export function toProviderData(data: ItemData): ProviderData {
  // Through JSON, as it is stored: members that are undefined are gone.
  return { [provider]: JSON.parse(JSON.stringify(data)) }
}

/** What a content remembers of the Responses API; nothing when another provider made it. */
export function readItemData(content: Content): ItemData {
  const data = 'providerData' in content ? content.providerData?.[provider] : undefined
  if (data === undefined) return {}
  const { id, item, members, response } = data
  return {
    id: typeof id === 'string' ? id : undefined,
    item: isJsonObject(item) ? (item as unknown as ResponseInputItem) : undefined,
    members: isJsonObject(members) ? members : undefined,
    response: typeof response === 'string' ? response : undefined,
  }
}
