import { toErrorMessage } from '../../core/errors.js'
import type { ExtensionLog } from '../host-extension.js'

/** Says why a listener cannot work: once, and again when something else is wrong. */
export class ListenerFaults {
  readonly #functionName: string
  readonly #log: ExtensionLog
  #last = ''

  constructor(functionName: string, log: ExtensionLog) {
    this.#functionName = functionName
    this.#log = log
  }

  /** What the work gives; undefined when it fails. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work()
      this.#last = ''
      return result
    } catch (error) {
      this.#report(toErrorMessage(error))
      return undefined
    }
  }

  #report(why: string): void {
    if (why === this.#last) return
    this.#last = why
    this.#log(
      'error',
      `The listener for function '${this.#functionName}' was unable to read and tries again: ${why}`,
    )
  }
}
