import { onTestFinished } from 'vitest'
import { type A2aAgentOptions, createA2aAgent } from '../../src/agent/a2a/create-a2a-agent.js'
import { createTextMessage, toText } from '../../src/core/messages.js'
import type { ChatAnswer, ChatEvent, ChatOptions, ChatRequest } from '../../src/model/chat-client.js'
import { type A2aStep, type CardChanges, startA2aServer } from './a2a-server.js'

/** An agent on a server that does these steps, one for each call; after the last it breaks connections. */
export async function createFar(
  steps: readonly A2aStep[],
  options: Partial<A2aAgentOptions> = {},
  changes?: CardChanges,
) {
  const server = await startA2aServer((_call, index) => steps[index] ?? { hangUp: true }, changes)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { url } = server
  const agent = createA2aAgent({ name: 'Far', url, allowPrivateNetwork: true, pollIntervalMs: 1, ...options })
  return { server, client: agent.client }
}

export type FarScene = Awaited<ReturnType<typeof createFar>>

export const hello: ChatRequest = { messages: [createTextMessage('user', 'Hello')] }

/** All that a call tells, and what it fails with. */
export async function ask(
  { client }: Pick<FarScene, 'client'>,
  request: ChatRequest = hello,
  options: ChatOptions = {},
) {
  const events: ChatEvent[] = []
  const error = await (async () => {
    for await (const event of client.stream(request, options)) events.push(event)
  })().catch((reason: unknown) => reason)
  return { events, error, answer: events.at(-1) as ({ readonly type: 'completed' } & ChatAnswer) | undefined }
}

/** The tokens that are told. */
export function toTokens(events: readonly ChatEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'continuation' ? [event.token ?? ''] : []))
}

/** Events in a word each, but for tokens. */
export function toWords(events: readonly ChatEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'continuation') return []
    if (event.type === 'text') return [`+${event.text}`]
    return [event.type === 'completed' ? `=${toText(event.message.contents)}` : event.type]
  })
}

export function methods({ server }: FarScene): readonly string[] {
  return server.calls.map(({ method }) => method)
}

export const idempotent: CardChanges = () => ({
  capabilities: {
    streaming: true,
    extensions: [{ uri: 'urn:durable-agent-functions:a2a:idempotent-messages' }],
  },
})
