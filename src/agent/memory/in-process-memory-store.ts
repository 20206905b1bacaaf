import { type Clock, systemClock } from '../../core/clock.js'
import { createMemory, toQueryWords, toSearchWords } from './create-memory.js'
import type { Memory, MemoryStore, NewMemory } from './memory-store.js'

interface Entry {
  readonly memory: Memory
  readonly words: ReadonlySet<string>
}

/** Keeps memories as long as the process lives: for tests and trials. */
export class InProcessMemoryStore implements MemoryStore {
  readonly #scopes = new Map<string, Map<string, Entry>>()
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async add(scope: string, added: NewMemory): Promise<Memory> {
    const memory = createMemory(added, this.#clock.now())
    const entries = this.#scopes.get(scope) ?? new Map<string, Entry>()
    this.#scopes.set(scope, entries)
    // Taken out first, so that it becomes the newest.
    entries.delete(memory.id)
    entries.set(memory.id, { memory, words: new Set(toSearchWords(memory.text)) })
    return memory
  }

  async search(scope: string, query: string, limit: number): Promise<readonly Memory[]> {
    const entries = this.#entries(scope)
    const weights = toQueryWords(query).map((word) => [word, weighWord(word, entries)] as const)
    return entries
      .map(({ memory, words }) => ({
        memory,
        score: sum(weights.map(([word, w]) => (words.has(word) ? w : 0))),
      }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit)
      .map(({ memory }) => memory)
  }

  async list(scope: string, limit: number): Promise<readonly Memory[]> {
    return this.#entries(scope)
      .slice(0, limit)
      .map(({ memory }) => memory)
  }

  async delete(scope: string, id: string): Promise<boolean> {
    return this.#scopes.get(scope)?.delete(id) ?? false
  }

  /** Newest first. */
  #entries(scope: string): readonly Entry[] {
    return [...(this.#scopes.get(scope)?.values() ?? [])].reverse()
  }
}

/** A word tells the more, the fewer memories have it. */
function weighWord(word: string, entries: readonly Entry[]): number {
  const having = entries.filter(({ words }) => words.has(word)).length
  return Math.log(1 + entries.length / (having || 1))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
