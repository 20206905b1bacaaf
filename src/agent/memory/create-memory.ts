import { randomUUID } from 'node:crypto'
import { toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { Memory, NewMemory } from './memory-store.js'

/** Longest text of one memory; characters. */
const maxTextLength = 4000

/** So many words of a query count. SQLite's full-text search takes a time that grows with their square. */
const maxQueryWords = 1000

/** A memory as it is stored. @throws {AgentError} `invalid_request` when the text is empty or too long. */
export function createMemory({ id = randomUUID(), text }: NewMemory, now: number): Memory {
  if (text.trim() === '' || text.length > maxTextLength) {
    throw new AgentError(
      'invalid_request',
      `A memory has 1-${maxTextLength} characters, not ${text.trim().length}: split it, or keep its gist.`,
    )
  }
  return { id, text, createdAt: toTimestamp(now) }
}

/** The words of a text by which it is found: lower case, without accents, each once. */
export function toSearchWords(text: string): readonly string[] {
  const plain = text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])]
}

/** The first thousand words of a query, which may be a whole document. */
export function toQueryWords(query: string): readonly string[] {
  return toSearchWords(query).slice(0, maxQueryWords)
}
