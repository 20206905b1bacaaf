import { describe, expect, test } from 'vitest'
import type { MemoryStore } from '../../src/agent/memory/memory-store.js'
import type { Clock } from '../../src/core/clock.js'
import { VirtualClock } from '../../src/testing/index.js'

/** What every memory store does. */
export function describeMemoryStore(name: string, open: (clock: Clock) => MemoryStore): void {
  const textsOf = (memories: readonly { readonly text: string }[]) => memories.map(({ text }) => text)

  async function openFilled() {
    const store = open(new VirtualClock())
    for (const text of [
      'Ann likes green tea.',
      'Ann lives in Tromsø.',
      'Ann flies to Oslo on Friday, and likes it.',
    ])
      await store.add('ann', { text })
    await store.add('bob', { text: 'Bob likes coffee.' })
    return store
  }

  describe(name, () => {
    test('gives what was added back, with an id and a time', async () => {
      const store = open(new VirtualClock())
      const memory = await store.add('ann', { text: 'Tea.' })
      expect(memory).toEqual({
        id: expect.any(String),
        text: 'Tea.',
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      })
      expect(await store.list('ann', 10)).toEqual([memory])
    })

    test('lists the newest first, up to the limit', async () => {
      const store = await openFilled()
      expect(textsOf(await store.list('ann', 2))).toEqual([
        'Ann flies to Oslo on Friday, and likes it.',
        'Ann lives in Tromsø.',
      ])
    })

    test('finds words, whatever their case and accents, the rarest first', async () => {
      const store = await openFilled()
      expect(textsOf(await store.search('ann', 'LIVES tromsø?', 5))).toEqual(['Ann lives in Tromsø.'])
      expect(textsOf(await store.search('ann', 'Does she like GRÉEN tea?', 5))).toEqual([
        'Ann likes green tea.',
      ])
      expect(textsOf(await store.search('ann', 'likes tea', 5))).toEqual([
        'Ann likes green tea.',
        'Ann flies to Oslo on Friday, and likes it.',
      ])
      expect(await store.search('ann', 'likes tea', 1)).toHaveLength(1)
    })

    test.each(['', '?!', '" OR words:', 'NEAR(', "'; DROP TABLE memories; --", 'nothing alike *'])(
      'takes the query %j as words, not as a language',
      async (query) => {
        const store = await openFilled()
        expect(await store.search('ann', query, 5)).toEqual([])
        expect(await store.list('ann', 5)).toHaveLength(3)
      },
    )

    test('looks for the first thousand words of a query, which may be a whole document', async () => {
      const store = await openFilled()
      const words = Array.from({ length: 999 }, (_, index) => `w${index}`)
      expect(await store.search('ann', [...words, 'tea'].join(' '), 5)).toHaveLength(1)
      expect(await store.search('ann', [...words, ...words, 'other', 'tea'].join(' '), 5)).toEqual([])
    })

    test('keeps scopes apart', async () => {
      const store = await openFilled()
      expect(await store.search('bob', 'Ann tea', 5)).toEqual([])
      const [anns] = await store.list('ann', 1)
      expect(await store.delete('bob', anns?.id ?? '')).toBe(false)
      expect(await store.list('carl', 5)).toEqual([])
      await store.add('bob', { id: anns?.id, text: 'Mine.' })
      expect(textsOf(await store.list('ann', 1))).toEqual([anns?.text])
    })

    test('adding under a known id replaces', async () => {
      const store = await openFilled()
      await store.add('ann', { id: 'city', text: 'Ann lives in Oslo.' })
      await store.add('ann', { id: 'city', text: 'Ann lives in Bergen.' })
      expect(textsOf(await store.search('ann', 'Oslo Bergen lives', 1))).toEqual(['Ann lives in Bergen.'])
      expect(await store.list('ann', 10)).toHaveLength(4)
    })

    test('what was deleted is found no more, and deleting again says so', async () => {
      const store = await openFilled()
      const { id } = await store.add('ann', { text: 'secret' })
      expect(await store.delete('ann', id)).toBe(true)
      expect(await store.delete('ann', id)).toBe(false)
      expect(await store.search('ann', 'secret', 5)).toEqual([])
    })

    test.each([
      ['empty', ' '],
      ['too long', 'x'.repeat(4001)],
    ])('refuses a text that is %s', async (_title, text) => {
      await expect(open(new VirtualClock()).add('ann', { text })).rejects.toMatchObject({
        code: 'invalid_request',
      })
    })
  })
}
