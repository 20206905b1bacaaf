import type { Content } from '../../../../core/messages.js'
import { toMedia } from '../../to-media.js'
import type { UserBodyMessage } from './chat-message-body.js'

/** The parts of a user's message in our words. */
export function toUserContents(content: UserBodyMessage['content']): readonly Content[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(toContent)
}

function toContent(part: Exclude<UserBodyMessage['content'], string>[number]): Content {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'file':
      return { type: 'data', uri: part.file.file_data }
    case 'image_url':
      return toMedia(part.image_url.url, 'image/*')
  }
}
