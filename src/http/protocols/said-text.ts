import { type ChatMessage, toText } from '../../core/messages.js'

/** A message's text; a refusal's words when the model refused. */
export function toSaidText({ contents }: ChatMessage): string {
  return toText(contents) || (contents.find((content) => content.type === 'error')?.message ?? '')
}

/** What a model thought before it answered. */
export function toReasoning({ contents }: ChatMessage): string {
  return contents.map((content) => (content.type === 'reasoning' ? content.text : '')).join('')
}
