import { passFocus } from './pass-focus.js'
import { toErrorText } from './request-error.js'

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

  constructor(options: ProblemLineOptions) {
    this.#options = options
    options.dismiss.addEventListener('click', () => this.clear())
  }

  show(error: unknown): void {
    const { problem, problemText } = this.#options
    problemText.textContent = toErrorText(error)
    problem.hidden = false
  }

  clear(): void {
    const { problem, scroller } = this.#options
    passFocus(problem, scroller)
    problem.hidden = true
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
