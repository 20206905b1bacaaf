import { expect, test } from 'vitest'
import { followEvents } from '../../src/core/follow-events.js'

interface Event {
  readonly id: number
}

/** Follows ten events over connections that do as their script says: how many events each gives, and how it ends. */
async function follow(script: readonly { readonly gives: number; readonly ends?: 'broken' | 'closed' }[]) {
  const story: string[] = []
  const connections = script.values()
  const events = followEvents<Event>({
    async open(after) {
      const { gives = 0, ends = 'closed' } = connections.next().value ?? {}
      story.push(`open after ${after}`)
      // One too early: what came before is given again.
      const first = Math.max(after, 0)
      return give(
        Array.from({ length: gives }, (_none, index) => ({ id: first + index })),
        ends,
      )
    },
    isLast: ({ id }) => id === 9,
    outlast: async (failure) => {
      story.push(String(failure))
      if (String(failure).includes('for good')) throw failure
    },
    pause: async () => {
      story.push('pause')
    },
  })
  const seen: number[] = []
  for await (const { id } of events) seen.push(id)
  return { seen, story }
}

async function* give(events: readonly Event[], ends: 'broken' | 'closed') {
  yield* events
  if (ends === 'broken') throw new Error('broken')
}

test('gives each event once and in order, however often connections break or are closed', async () => {
  const { seen, story } = await follow([
    { gives: 3, ends: 'broken' },
    { gives: 0, ends: 'broken' },
    { gives: 4 },
    { gives: 20 },
  ])
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const broken = 'Error: broken'
  const afterBreaks = ['open after 2', broken, 'open after 2', 'pause', 'open after 5']
  expect(story).toEqual(['open after -1', broken, ...afterBreaks])
})

test('ends with what does not pass by itself', async () => {
  const events = followEvents<Event>({
    open: () => Promise.reject(new Error('gone for good')),
    isLast: () => false,
    outlast: (failure) => Promise.reject(failure),
    pause: async () => {},
  })
  await expect(events.next()).rejects.toThrow('gone for good')
})
