import type { TabStorage } from './tab-storage.js'

/** What of `window` the key is found and kept in. */
export interface KeyPlaces {
  readonly location: { readonly href: string }
  readonly history: { replaceState(data: null, unused: string, url: string): void }
  readonly storage: TabStorage
}

/**
 * The function key that an app's calls need in Azure, if they do.
 * Security: it is kept for this tab alone (`sessionStorage`), goes out in a header and not in addresses, which are
 * logged and shared, and is taken out of the page's own address, so that neither going back nor sharing meets it again.
 */
export class AccessKey {
  readonly #storage: TabStorage
  /** Apps below other prefixes of the same host have other keys. */
  readonly #name: string

  /** Takes the key out of the page's address (`?code=`), if it is there. */
  constructor({ location, history, storage }: KeyPlaces) {
    const url = new URL(location.href)
    this.#storage = storage
    this.#name = `durable-agents-key:${url.pathname}`
    const code = url.searchParams.get('code')
    if (code === null) return
    if (code !== '') this.set(code)
    url.searchParams.delete('code')
    history.replaceState(null, '', url.href)
  }

  /** `undefined` when there is none. */
  get value(): string | undefined {
    return this.#storage.getItem(this.#name) ?? undefined
  }

  /** Keeps a key for this tab, without what copying added to it: no header takes more than visible ASCII. */
  set(key: string): void {
    this.#storage.setItem(this.#name, key.replace(/[^\x21-\x7e]/g, ''))
  }
}
