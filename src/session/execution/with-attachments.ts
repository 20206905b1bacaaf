import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { ChatMessage, Content, UriContent } from '../../core/messages.js'
import { parseAttachmentUri } from '../../run/attachment.js'
import type { RunLog, SessionKey } from '../../run/run-log.js'

type Client = AgentDefinition['client']

/** A client whose model is shown what messages refer to that is kept beside the logs of a session; each is read once. */
export function withAttachments(client: Client, log: RunLog, key: SessionKey): Client {
  const read = new Map<string, Promise<Content>>()
  const cancel = client.cancel?.bind(client)
  const toWaiting = client.toWaiting?.bind(client)
  const attach: Attach = (content) => {
    if (content.type !== 'uri' || parseAttachmentUri(content.uri) === undefined) return content
    const known = read.get(content.uri) ?? readAttachment(log, key, content)
    read.set(content.uri, known)
    return known
  }
  return {
    model: client.model,
    provider: client.provider,
    stream: (request, options) =>
      request.messages.some(refers)
        ? streamAttached(client, attach, request, options)
        : client.stream(request, options),
    ...(cancel && { cancel }),
    ...(toWaiting && { toWaiting }),
  }
}

type Attach = (content: Content) => Content | Promise<Content>

async function* streamAttached(
  client: Client,
  attach: Attach,
  ...[request, options]: Parameters<Client['stream']>
): ReturnType<Client['stream']> {
  const messages = await Promise.all(request.messages.map((message) => attachAll(message, attach)))
  yield* client.stream({ ...request, messages }, options)
}

function refers({ contents }: ChatMessage): boolean {
  return contents.some((content) => content.type === 'uri' && parseAttachmentUri(content.uri) !== undefined)
}

async function attachAll(message: ChatMessage, attach: Attach): Promise<ChatMessage> {
  return { ...message, contents: await Promise.all(message.contents.map(attach)) }
}

/** The logs of old runs may have been deleted, and with them what came with their messages: the model is told. */
async function readAttachment(
  log: RunLog,
  key: SessionKey,
  { uri, mediaType }: UriContent,
): Promise<Content> {
  const place = parseAttachmentUri(uri)
  const content = place && (await log.readAttachment({ ...key, run: place.run }, place.digest))
  if (content !== undefined) return { type: 'data', uri: content, mediaType }
  return { type: 'text', text: `[Here was an attachment of type ${mediaType}, which is no longer kept.]` }
}
