import { expect } from 'vitest'

/** Findings of these levels and with these words in their messages, each `LEVEL WORDS`, in this order and no others. */
export function toGist(gist: readonly string[]): readonly unknown[] {
  return gist.map((line) => {
    const [level, ...words] = line.split(' ')
    return { level, about: expect.any(String), message: expect.stringContaining(words.join(' ')) }
  })
}
