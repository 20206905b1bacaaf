import { isJsonObject, type JsonObject } from '../../core/json.js'
import type { ChatMessage, Content, ProviderData } from '../../core/messages.js'

/** Under this name contents carry what a Chat Completions server wants back. */
const provider = 'openaiChatCompletions'

/** Under which names servers tell what their model thought. */
export type ReasoningMember = 'reasoning_content' | 'reasoning'

/** What a content remembers of the message that it came in. */
export interface MemberData {
  /** The model that was asked. Others may refuse what they have not said. */
  readonly model: string
  /** Of reasoning: the member that it came in. */
  readonly member?: ReasoningMember | undefined
  /** Of a tool call: what goes back beside it as it came. */
  readonly members?: JsonObject | undefined
}

/** {@link MemberData} as a content carries it. */
export function toProviderData({ model, member, members }: MemberData): ProviderData {
  return { [provider]: { model, ...(member && { member }), ...(members && { members }) } }
}

/** What a content remembers for this model; `undefined` when another one made it. */
export function readMemberData(
  content: Content,
  model: string | undefined,
): Omit<MemberData, 'model'> | undefined {
  const data = 'providerData' in content ? content.providerData?.[provider] : undefined
  if (data === undefined || data.model !== model) return undefined
  const { member, members } = data
  return {
    member: member === 'reasoning_content' || member === 'reasoning' ? member : undefined,
    members: isJsonObject(members) ? members : undefined,
  }
}

/** Whether anything of a conversation goes back to this model beside what every server takes. */
export function hasMemberData(messages: readonly ChatMessage[], model: string): boolean {
  return messages.some(({ contents }) =>
    contents.some((content) => readMemberData(content, model) !== undefined),
  )
}
