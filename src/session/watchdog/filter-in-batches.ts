import { forEachLimited } from '../../core/for-each-limited.js'
import { logsAtATime } from '../logs-at-a-time.js'

/** The first of `items`, about `most` of them, that `isWanted` wants. */
export async function filterInBatches<Item>(
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
