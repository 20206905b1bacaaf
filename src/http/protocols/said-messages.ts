import type { ChatMessage, Content } from '../../core/messages.js'
import { parseAttachmentUri } from '../../run/attachment.js'
import type { SessionKey } from '../../run/run-log.js'
import { fromStoredMessage } from '../../session/state/stored-messages.js'
import type { StoredEntry } from '../../session/state/stored-state.js'
import type { Call } from '../route.js'

/**
 * The ids of what a request says: those that its client gave. Of the others the last has its run's, and none can be taken
 * for that of a message which the run has made.
 */
export function toSaidIds(
  run: string,
  messages: readonly { readonly role: string; readonly messageId?: unknown }[],
): readonly string[] {
  return messages.map(({ messageId }, index) => {
    if (typeof messageId === 'string') return messageId
    return index === messages.length - 1 ? run : `${run}:${index}`
  })
}

/** Whether an entry of a conversation has a message of the user that is known by that id. */
export function hasSaid({ $type, correlationId, createdAt, messages }: StoredEntry, id: string): boolean {
  return $type === 'request' && toSaidIds(correlationId ?? createdAt, messages).includes(id)
}

/** The id of what an application tells of itself in a run's request: it is no word of the user's, and not shown as one. */
export function toContextId(run: string): string {
  return `${run}:context`
}

/** What a request's entry says, with its media, and each message under its id (see {@link toSaidIds}). */
export async function readSaid(
  call: Call,
  key: SessionKey,
  entry: StoredEntry,
): Promise<readonly (ChatMessage & { readonly messageId: string })[]> {
  const run = entry.correlationId ?? entry.createdAt
  const ids = toSaidIds(run, entry.messages)
  const said = entry.messages.map(async (stored, index) => {
    const message = fromStoredMessage(stored)
    const messageId = ids[index] ?? ''
    if (message === undefined || message.role === 'tool' || messageId === toContextId(run)) return []
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
