import type { ChatMessage, Content } from '../../core/messages.js'
import { parseAttachmentUri } from '../../run/attachment.js'
import type { SessionKey } from '../../run/run-log.js'
import { fromStoredMessage } from '../../session/stored-messages.js'
import type { StoredEntry } from '../../session/stored-state.js'
import type { Call } from '../route.js'

/** What a request's entry says, with its media, and each message under an id of its own: the one that its client gave it, else one by its run. */
export async function readSaid(
  call: Call,
  key: SessionKey,
  entry: StoredEntry,
): Promise<readonly (ChatMessage & { readonly messageId: string })[]> {
  const run = entry.correlationId ?? entry.createdAt
  const said = entry.messages.map(async (stored, index) => {
    const message = fromStoredMessage(stored)
    if (message === undefined || message.role === 'tool') return []
    const made = index === 0 ? run : `${run}.${index}`
    const messageId = typeof stored.messageId === 'string' ? stored.messageId : made
    const contents = await Promise.all(message.contents.map((content) => attach(call, key, content)))
    return [{ ...message, contents, messageId }]
  })
  return (await Promise.all(said)).flat()
}

/** What is kept beside the log of a run is shown where it was said. */
async function attach({ log }: Call, key: SessionKey, content: Content): Promise<Content> {
  if (content.type !== 'uri') return content
  const place = parseAttachmentUri(content.uri)
  if (place === undefined) return content
  const uri = await log.readAttachment({ ...key, run: place.run }, place.digest)
  if (uri !== undefined) return { type: 'data', uri, mediaType: content.mediaType }
  return { type: 'text', text: `[Here was a file of type ${content.mediaType}, which is no longer kept.]` }
}
