import { expect, test } from 'vitest'
import { AccessKey } from '../../src/web/browser/access-key.js'

/** What a tab keeps. */
class TabStorage {
  readonly kept = new Map<string, string>()

  getItem(name: string): string | null {
    return this.kept.get(name) ?? null
  }

  setItem(name: string, value: string): void {
    this.kept.set(name, value)
  }
}

/** Opens the page at an address; gives its key and what the address bar shows then. */
function open(href: string, storage = new TabStorage()) {
  let shown = href
  const history = { replaceState: (_data: null, _unused: string, url: string) => (shown = url) }
  const key = new AccessKey({ location: { href }, history, storage })
  return { key, shown, storage }
}

test('takes the key out of the address, and leaves the rest of it', () => {
  const { key, shown } = open('https://a.example/api/chat?code=k%2F%3D%3D&x=1#A/s')
  expect([key.value, shown]).toEqual(['k/==', 'https://a.example/api/chat?x=1#A/s'])
})

test('keeps the key for pages that follow in the tab', () => {
  const { storage } = open('https://a.example/api/chat?code=one')
  const { key, shown } = open('https://a.example/api/chat#A', storage)
  expect([key.value, shown]).toEqual(['one', 'https://a.example/api/chat#A'])
  expect(open('https://a.example/api/chat?code=two', storage).key.value).toBe('two')
})

test('keeps of what was copied only what a header takes', () => {
  const { key } = open('https://a.example/api/chat?code=%20k%2F%3D%3D%E2%80%8B%0A')
  expect(key.value).toBe('k/==')
  expect(open('https://a.example/api/chat?code=').key.value).toBeUndefined()
})

test('gives the key of one app to no other on the same host', () => {
  const { storage } = open('https://a.example/one/chat?code=one')
  expect(open('https://a.example/two/chat', storage).key.value).toBeUndefined()
})
