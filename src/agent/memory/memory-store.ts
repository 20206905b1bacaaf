/** Something that was kept for later conversations. */
export interface Memory {
  readonly id: string
  readonly text: string
  /** When it was last written; ISO 8601, UTC. */
  readonly createdAt: string
}

/** Something to be kept. */
export interface NewMemory {
  /** One that is there already under this id is replaced, so repeating is harmless. @default a random one */
  readonly id?: string | undefined
  /** 1-4,000 characters. */
  readonly text: string
}

/**
 * Keeps what agents remember. A scope, e.g. one user, is a world of its own: nothing in it can be found, or deleted, from
 * another one. Every method may be called by several processes at once where the store outlives them.
 */
export interface MemoryStore {
  /** @throws {AgentError} `invalid_request` when the text is empty or too long. */
  add(scope: string, memory: NewMemory): Promise<Memory>
  /** Up to `limit` memories that have words of the query in them, best first; of a query of more than 1,000 different words the first 1,000 count. */
  search(scope: string, query: string, limit: number): Promise<readonly Memory[]>
  /** Up to `limit` memories, newest first. */
  list(scope: string, limit: number): Promise<readonly Memory[]>
  /** False when there is none of that id. */
  delete(scope: string, id: string): Promise<boolean>
}
