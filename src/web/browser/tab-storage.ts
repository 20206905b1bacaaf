/** Texts by name that a tab keeps, also when its page is reloaded, and that go with it. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem'>

/** The tab's own storage; where the browser forbids it, one that lasts as long as the page. */
export function openTabStorage(): TabStorage {
  try {
    return sessionStorage
  } catch {
    const kept = new Map<string, string>()
    return {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, text) => void kept.set(name, text),
    }
  }
}
