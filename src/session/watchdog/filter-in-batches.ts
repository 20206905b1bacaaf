/** The first of `items`, about `most` of them, that `isWanted` wants; asks about `most` of them at a time. */
export async function filterInBatches<Item>(
  items: readonly Item[],
  most: number,
  isWanted: (item: Item) => Promise<boolean>,
): Promise<readonly Item[]> {
  const found: Item[] = []
  for (let from = 0; from < items.length && found.length < most; from += most) {
    const some = items.slice(from, from + most)
    const wanted = await Promise.all(some.map(isWanted))
    found.push(...some.filter((_item, index) => wanted[index]))
  }
  return found
}
