/** The media type in a data URI. RFC 2397, section 3: `text/plain` when it names none. */
export function readMediaType(uri: string): string {
  const mediaType = /^data:([^;,]+)/i.exec(uri)?.[1]
  return mediaType?.toLowerCase() ?? 'text/plain'
}

/** What follows the comma of a data URI. */
export function readBase64(uri: string): string {
  return uri.slice(uri.indexOf(',') + 1)
}

/** A name for a file that has none: providers tell the kind of a file by the end of its name. */
export function toFileName(mediaType: string): string {
  if (mediaType === 'text/plain') return 'file.txt'
  return `file.${/^[^/]+\/([a-z0-9]+)/i.exec(mediaType)?.[1] ?? 'bin'}`
}
