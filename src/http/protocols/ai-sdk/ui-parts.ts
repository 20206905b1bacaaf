import { toMediaType } from '../../../core/media-type.js'
import type { ChatMessage } from '../../../core/messages.js'
import { parseAttachmentUri } from '../../../run/attachment.js'
import type { UiUserPart } from './ui-chunks.js'

type FilePart = Extract<UiUserPart, { type: 'file' }>

/** The media of a message that can be reached; what is kept beside a run's log has no address. */
export function toFileParts({ contents }: ChatMessage): readonly FilePart[] {
  return contents.flatMap((content) =>
    content.type === 'data' || (content.type === 'uri' && parseAttachmentUri(content.uri) === undefined)
      ? [{ type: 'file' as const, url: content.uri, mediaType: toMediaType(content) }]
      : [],
  )
}

/** What a user has said, in the order of its parts. */
export function toUserParts(message: ChatMessage): readonly UiUserPart[] {
  return message.contents.flatMap((content): readonly UiUserPart[] =>
    content.type === 'text'
      ? [{ type: 'text', text: content.text }]
      : toFileParts({ role: message.role, contents: [content] }),
  )
}
