import type { FunctionCallback, FunctionMetadata, FunctionRegistration } from './function-metadata.js'

/** Collects what the app registers while it loads; afterwards it refuses (Functions worker: app startup). */
export class FunctionTable {
  readonly #byId = new Map<string, FunctionRegistration>()
  #locked = false

  /**
   * Adds a function and returns what removes it again.
   * @throws {Error} after startup, and for an id that exists.
   */
  register(metadata: FunctionMetadata, callback: FunctionCallback): () => void {
    this.#assertOpen()
    const id = metadata.functionId ?? metadata.name
    if (this.#byId.has(id)) {
      throw toSystemError(`A function with id "${id}" has already been registered.`)
    }
    this.#byId.set(id, { metadata, callback })
    return () => {
      this.#assertOpen()
      this.#byId.delete(id)
    }
  }

  /** Ends startup and returns what was registered, in that order. */
  lock(): readonly FunctionRegistration[] {
    this.#locked = true
    return [...this.#byId.values()]
  }

  #assertOpen(): void {
    if (this.#locked) throw toSystemError('A function can only be registered during app startup.')
  }
}

function toSystemError(message: string): Error {
  return Object.assign(new Error(message), { isAzureFunctionsSystemError: true })
}
