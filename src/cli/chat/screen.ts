import { toPlainLine, toPlainText } from '../../core/to-plain-text.js'

/** A stream that text is written to, such as `process.stdout`. */
export interface TextOutput {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}

export interface ScreenOptions {
  /** Where answers go, and nothing else. */
  readonly answers: TextOutput
  /** Where all else goes. */
  readonly notices: TextOutput
  /** Environment variables by name: `NO_COLOR` (no-color.org) and `TERM=dumb` forbid dim text. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * What the user of a chat sees: answers as they come, and notices on lines of their own.
 * Security: all that is written goes through here, without its control characters.
 */
export class Screen {
  readonly #answers: TextOutput
  readonly #notices: TextOutput
  readonly #isDim: boolean
  #isLineOpen = false

  constructor({ answers, notices, env }: ScreenOptions) {
    this.#answers = answers
    this.#notices = notices
    this.#isDim = notices.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  }

  /** Shows a piece of an answer. */
  answer(text: string): void {
    const plain = toPlainText(text)
    if (plain === '') return
    this.#answers.write(plain)
    this.#isLineOpen = !plain.endsWith('\n')
  }

  /** Ends the line of an answer that is open. */
  endLine(): void {
    if (this.#isLineOpen) this.#answers.write('\n')
    this.#isLineOpen = false
  }

  /** Shows a line that is no part of an answer; dim where the terminal can do that. */
  notice(text: string): void {
    this.endLine()
    const plain = toPlainLine(text)
    this.#notices.write(this.#isDim ? `\u001b[2m${plain}\u001b[22m\n` : `${plain}\n`)
  }

  /** Shows a line that must not be overlooked: an error, or what is to be decided. */
  alert(text: string): void {
    this.endLine()
    this.#notices.write(`${toPlainLine(text)}\n`)
  }
}
