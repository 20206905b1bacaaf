interface Condition {
  /** Completes "waits until ...". */
  readonly what: string
  readonly isMet: () => Promise<boolean>
}

/** What scripts wait for: looked at again whenever a store has changed. */
export class Conditions {
  #conditions: readonly Condition[] = []
  #checkedVersion: number | undefined

  /** What is still awaited. */
  get awaited(): readonly string[] {
    return this.#conditions.map(({ what }) => what)
  }

  /** Resolves when `look` finds something; rejects when it throws. */
  waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    this.#checkedVersion = undefined
    return new Promise<T>((resolve, reject) => {
      const isMet = async () => {
        try {
          const found = await look()
          if (found !== undefined) resolve(found)
          return found !== undefined
        } catch (error) {
          reject(error)
          return true
        }
      }
      this.#conditions = [...this.#conditions, { what, isMet }]
    })
  }

  /** Looks whether anything awaited has come, if a store has changed since the last look; true when it has. */
  async check(version: number): Promise<boolean> {
    if (this.#checkedVersion === version) return false
    this.#checkedVersion = version
    const met: Condition[] = []
    for (const condition of this.#conditions) if (await condition.isMet()) met.push(condition)
    this.#conditions = this.#conditions.filter((condition) => !met.includes(condition))
    return met.length > 0
  }
}
