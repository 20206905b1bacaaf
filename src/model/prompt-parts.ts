import type { Content, DataContent, FunctionResultContent, UriContent } from '../core/messages.js'

/** How a provider's API writes the parts of a user's message. */
export interface PartWriters<Part> {
  text(text: string): Part
  data(content: DataContent): Part
  uri(content: UriContent): Part
}

/** What a model is shown of a user's message, in the same order: text and media, of a failure its words. */
export function toUserParts<Part>(contents: readonly Content[], write: PartWriters<Part>): Part[] {
  return contents.flatMap((content) => toUserPart(content, write))
}

function toUserPart<Part>(content: Content, write: PartWriters<Part>): Part[] {
  switch (content.type) {
    case 'text':
      return [write.text(content.text)]
    case 'error':
      return [write.text(content.message)]
    case 'data':
      return [write.data(content)]
    case 'uri':
      return [write.uri(content)]
    case 'reasoning':
    case 'provider':
    case 'functionCall':
    case 'functionResult':
      return []
  }
}

/** What a model is told that its tool call gave, by APIs that take nothing but text. */
export function toResultText({ result, error }: FunctionResultContent): string {
  if (error !== undefined) return `Error: ${error}`
  return typeof result === 'string' ? result : JSON.stringify(result ?? null)
}
