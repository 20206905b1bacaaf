import { hash } from 'node:crypto'
import { toMediaType } from '../../core/media-type.js'
import type { ChatMessage, Content } from '../../core/messages.js'
import { type Attachment, toAttachmentUri } from '../../run/attachment.js'
import type { RunRequest } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'

/** From this length on a data URI is kept beside the log of its run, if nothing else is said. */
export const defaultMaxInlineMediaBytes = 32 * 1024

/** A request whose large media have been taken out, and what was taken out. */
export interface DetachedRequest {
  readonly request: RunRequest
  /** Each once, in order. */
  readonly attachments: readonly Attachment[]
}

/**
 * Replaces media that are longer than `maxInlineMediaBytes` as data URIs by references, so that neither events nor
 * the session's state carry them. The request's digest stays: it asks the same.
 */
export function detachMedia(key: RunKey, request: RunRequest, maxInlineMediaBytes: number): DetachedRequest {
  const attachments = new Map<string, Attachment>()
  const detach = (content: Content): Content => {
    if (content.type !== 'data' || content.uri.length <= maxInlineMediaBytes) return content
    const digest = hash('sha256', content.uri)
    attachments.set(digest, { digest, content: content.uri })
    return { type: 'uri', uri: toAttachmentUri({ run: key.run, digest }), mediaType: toMediaType(content) }
  }
  const toDetached = (message: ChatMessage) => ({ ...message, contents: message.contents.map(detach) })
  const messages = request.messages.map(toDetached)
  if (attachments.size === 0) return { request, attachments: [] }
  return { request: { ...request, messages }, attachments: [...attachments.values()] }
}
