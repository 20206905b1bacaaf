import type { ChatClient } from './chat-client.js'

/** The same client, but for how it answers: each wrapper is made by this, so that none loses a member. */
export function withStream(client: ChatClient, stream: ChatClient['stream']): ChatClient {
  const { model, provider } = client
  const cancel = client.cancel?.bind(client)
  const toWaiting = client.toWaiting?.bind(client)
  const probe = client.probe?.bind(client)
  return {
    model,
    provider,
    stream,
    ...(cancel && { cancel }),
    ...(toWaiting && { toWaiting }),
    ...(probe && { probe }),
  }
}
