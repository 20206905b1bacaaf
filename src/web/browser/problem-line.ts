import { passFocus } from './pass-focus.js'
import { isPutOff, toErrorText } from './request-error.js'

export interface ProblemLineOptions {
  readonly problem: HTMLElement
  readonly problemText: HTMLElement
  readonly dismiss: HTMLButtonElement
  /** Has the focus when the line is gone. */
  readonly scroller: HTMLElement
}

/** The line that says what went wrong, until it is dismissed or something else is done. */
export class ProblemLine {
  readonly #options: ProblemLineOptions
  #shown: unknown

  constructor(options: ProblemLineOptions) {
    this.#options = options
    options.dismiss.addEventListener('click', () => this.clear())
  }

  show(error: unknown): void {
    const { problem, problemText } = this.#options
    this.#shown = error
    problemText.textContent = toErrorText(error)
    problem.hidden = false
  }

  clear(): void {
    const { problem, scroller } = this.#options
    passFocus(problem, scroller)
    problem.hidden = true
  }

  /** Takes back that nobody is let in, or may spend more: it is about to be seen whether that is still so. */
  forgetPutOff(): void {
    if (isPutOff(this.#shown)) this.clear()
  }

  /** Does something, and shows what goes wrong in it; `undefined` then. */
  async watch<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      this.show(error)
      return undefined
    }
  }
}
