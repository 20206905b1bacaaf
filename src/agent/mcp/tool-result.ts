import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import { type JsonObject, type JsonValue, parseJson, toCanonicalJson, toJsonText } from '../../core/json.js'

/**
 * What a tool gave back, for the model: its structured content or its text, and both where one does not just repeat the
 * other. Images and audio are named, not sent, as a tool's result is JSON.
 * Wire: MCP, "Tools", Structured Content.
 * @throws {Error} with the tool's text when it says that it failed.
 */
export function toToolResult({ content, structuredContent, isError }: CallToolResult): JsonValue {
  const text = content.map(toText).join('\n')
  if (isError) throw new Error(text || toJsonText(structuredContent) || 'The tool failed without saying why.')
  if (structuredContent === undefined) return text
  const structured = structuredContent as JsonObject
  return isRepeated(text, structured) ? structured : { content: text, structuredContent: structured }
}

/** Whether a text says no more than the structured content beside it, or a member of that: many servers structure texts as `{ result }` or the like. */
function isRepeated(text: string, structured: JsonObject): boolean {
  if (text === '') return true
  const said = toCanonicalJson(parseJson(text) ?? text)
  return [structured, ...Object.values(structured)].some((part) => toCanonicalJson(part) === said)
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
