import type { DataContent, UriContent } from './messages.js'

/** The media type of a content, in lower case, as they compare ignoring case: the one said of it, else that of its data URI (RFC 2397, section 3: `text/plain` when it names none). */
export function toMediaType({ uri, mediaType }: DataContent | UriContent): string {
  const type = mediaType ?? /^data:([^;,]+)/i.exec(uri)?.[1] ?? 'text/plain'
  return type.toLowerCase()
}
