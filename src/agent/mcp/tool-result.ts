import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import { type JsonValue, toJsonText } from '../../core/json.js'

/**
 * What a tool gave back, for the model: its structured content, else its text. Images and audio are named, not sent, as a
 * tool's result is JSON.
 * @throws {Error} with the tool's text when it says that it failed.
 */
export function toToolResult({ content, structuredContent, isError }: CallToolResult): JsonValue {
  const text = content.map(toText).join('\n')
  if (isError) throw new Error(text || toJsonText(structuredContent) || 'The tool failed without saying why.')
  return (structuredContent as JsonValue | undefined) ?? text
}

function toText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return `[${block.type}, ${block.mimeType}: left out]`
    case 'resource_link':
      return `[${block.name}: ${block.uri}]`
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[${block.resource.uri}: left out]`
  }
}
