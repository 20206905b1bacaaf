import type { Content } from '../../core/messages.js'

/** A file by its URI, of which a data URI says itself what it is. */
export function toMedia(uri: string, mediaType: string): Content {
  return /^data:/i.test(uri) ? { type: 'data', uri } : { type: 'uri', uri, mediaType }
}
