import { type ChatMessage, toSaidText } from '../../core/messages.js'

/** The text of a run's answer, its last message. Of what else is in that, `warn` is told. */
export function toAnswerText(messages: readonly ChatMessage[], warn: (warning: string) => void): string {
  const contents = messages.at(-1)?.contents ?? []
  const dropped = contents.filter(({ type }) => type === 'data' || type === 'uri')
  if (dropped.length > 0) {
    const kinds = dropped.map((content) => ('mediaType' in content && content.mediaType) || content.type)
    warn(`Contents of an answer are not forwarded over MCP, which carries text only: ${kinds.join(', ')}.`)
  }
  return toSaidText(messages.at(-1))
}
