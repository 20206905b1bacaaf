import type { AccessKey } from './access-key.js'
import { askForText } from './dialogs.js'

/** Asks for the app's key, once for all the calls that need it at the same time. */
export class KeyPrompt {
  readonly #key: AccessKey
  #asking: Promise<boolean> | undefined

  constructor(key: AccessKey) {
    this.#key = key
  }

  /** Asks unless there is another key than the refused one already; false when none was given. */
  async ask(refused: string | undefined): Promise<boolean> {
    if (this.#key.value !== refused) return true
    this.#asking ??= this.#ask(refused === undefined).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(isFirst: boolean): Promise<boolean> {
    const why = isFirst
      ? 'This app wants a key, or you are no longer signed in.'
      : 'The app does not accept this key.'
    const where = 'A host key opens all of it: Azure portal, App keys. It is kept until this tab is closed.'
    const key = await askForText(`${why} ${where}`, 'Key')
    if (key !== undefined) this.#key.set(key)
    return key !== undefined
  }
}
