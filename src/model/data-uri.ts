/** What follows the comma of a data URI. */
export function readBase64(uri: string): string {
  return uri.slice(uri.indexOf(',') + 1)
}

/** The content of a data URI in base64, however it is written there. */
export function toBase64(uri: string): string {
  const isBase64 = /^data:[^,]*;base64,/i.test(uri)
  return isBase64 ? readBase64(uri) : Buffer.from(decodeURIComponent(readBase64(uri))).toString('base64')
}

/** A name for a file that has none: providers tell the kind of a file by the end of its name. */
export function toFileName(mediaType: string): string {
  if (mediaType === 'text/plain') return 'file.txt'
  return `file.${/^[^/]+\/([a-z0-9]+)/i.exec(mediaType)?.[1] ?? 'bin'}`
}
