import { z } from 'zod'
import type { Tool } from '../agent-definition.js'
import { tool } from '../tools/tool.js'
import type { MemoryStore } from './memory-store.js'

/** How many memories the model gets when it looks for some. */
const recallLimit = 10

/** The tools with which a model keeps, looks for and forgets memories of one scope. */
export function createMemoryTools(store: MemoryStore, scope: string): readonly Tool[] {
  const remember = tool({
    name: 'remember',
    description: 'Keeps a fact about the user or their wishes for later conversations.',
    parameters: z.object({ text: z.string().describe('The fact, in one sentence that stands by itself.') }),
    idempotent: true,
    execute: async ({ text }, { idempotencyKey }) => {
      const { id } = await store.add(scope, { id: idempotencyKey, text })
      return { id }
    },
  })
  const recall = tool({
    name: 'recall',
    description: 'Looks for facts kept in earlier conversations.',
    parameters: z.object({ query: z.string().describe('Words that the facts may have in them.') }),
    readOnly: true,
    execute: async ({ query }) => {
      const found = await store.search(scope, query, recallLimit)
      return found.map(({ id, text }) => ({ id, text }))
    },
  })
  const forget = tool({
    name: 'forget',
    description: 'Deletes a fact that is no longer true, or that the user wants forgotten.',
    parameters: z.object({ id: z.string().describe('As remember or recall gave it.') }),
    idempotent: true,
    execute: async ({ id }) => {
      const isGone = await store.delete(scope, id)
      return isGone ? 'forgotten' : 'there is nothing of that id'
    },
  })
  return [remember, recall, forget]
}
