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

  constructor(options: ComposerOptions) {
    this.#options = options
    const { form, text, stop, onStop } = options
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.send()
    })
    text.addEventListener('keydown', (event) => {
      // Enter also ends the composition of a Japanese or Chinese word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.send()
    })
    text.addEventListener('input', () => this.#fit())
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
    this.#fit()
  }

  /** Grows with what is written, as far as the style lets it. */
  #fit(): void {
    const { text } = this.#options
    text.style.height = 'auto'
    text.style.height = `${text.scrollHeight + 2}px`
  }
}
