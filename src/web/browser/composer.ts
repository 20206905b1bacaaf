import { prepareMessageField } from './message-field.js'
import { passFocus } from './pass-focus.js'

export interface ComposerOptions {
  readonly form: HTMLFormElement
  readonly text: HTMLTextAreaElement
  readonly stop: HTMLButtonElement
  /** Takes a message; false when it cannot, and the text stays. */
  readonly onSend: (message: string) => boolean
  readonly onStop: () => void
}

/** Where messages are written: Enter sends, Shift+Enter begins a new line. */
export class Composer {
  readonly #options: ComposerOptions
  readonly #grow: () => void

  constructor(options: ComposerOptions) {
    this.#options = options
    const { form, text, stop, onStop } = options
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.send()
    })
    this.#grow = prepareMessageField(text, () => this.send())
    stop.addEventListener('click', onStop)
  }

  /** Whether there is something to stop. */
  setBusy(isBusy: boolean): void {
    const { stop, text } = this.#options
    if (!isBusy) passFocus(stop, text)
    stop.hidden = !isBusy
  }

  focus(): void {
    this.#options.text.focus()
  }

  /** Sends what is written, if it can be. */
  send(): void {
    const { text, onSend } = this.#options
    if (text.value.trim() === '' || !onSend(text.value)) return
    text.value = ''
    this.#grow()
  }
}
