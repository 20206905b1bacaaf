import { forEachLimited } from '../../core/for-each-limited.js'
import { logsAtATime } from '../logs-at-a-time.js'

/** The first `limit` of a list that are wanted. Looks further when most are not, which else would hide the rest for ever. */
export async function findWanted<Item>(
  limit: number,
  list: (count: number) => Promise<readonly Item[]>,
  isWanted: (item: Item) => Promise<boolean>,
): Promise<readonly Item[]> {
  for (let count = limit; ; count *= 4) {
    const listed = await list(count)
    const found = await filterInBatches(listed, limit, isWanted)
    if (listed.length < count || found.length >= limit) return found.slice(0, limit)
  }
}

/** The first of `items`, about `most` of them, that `isWanted` wants. */
async function filterInBatches<Item>(
  items: readonly Item[],
  most: number,
  isWanted: (item: Item) => Promise<boolean>,
): Promise<readonly Item[]> {
  const found: Item[] = []
  for (let from = 0; from < items.length && found.length < most; from += most) {
    const some = items.slice(from, from + most)
    const wanted = await forEachLimited(some, logsAtATime, isWanted)
    found.push(...some.filter((_item, index) => wanted[index]))
  }
  return found
}
