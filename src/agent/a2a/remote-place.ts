import { z } from 'zod'
import type { ChatMessage, ProviderContent } from '../../core/messages.js'

const remotePlace = z.object({
  contextId: z.string(),
  /** The task that waits for an answer. */
  taskId: z.string().optional(),
  /** What tells its question from others. */
  question: z.string().optional(),
})

/** Where a conversation goes on at the agent elsewhere. */
export type RemotePlace = z.infer<typeof remotePlace>

/** Kept with the answer, so that what is said next is said in its context; `key` names the agent. */
export function toPlaceContent(key: string, place: RemotePlace): ProviderContent {
  return { type: 'provider', providerData: { [key]: JSON.parse(JSON.stringify(place)) } }
}

/** Where an answer was given; `undefined` when it is none of that agent. */
export function readPlace(key: string, { role, contents }: ChatMessage): RemotePlace | undefined {
  if (role !== 'assistant') return undefined
  for (const content of contents) {
    const parsed = remotePlace.safeParse(content.type === 'provider' ? content.providerData[key] : undefined)
    if (parsed.success) return parsed.data
  }
  return undefined
}
