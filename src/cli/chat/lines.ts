import { createInterface, type Interface } from 'node:readline'

/** A line that somebody typed; or that they want to stop (Ctrl+C); or that no more will come (Ctrl+D, the end of a pipe). */
export type Line = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'stop' | 'end' }

/** Where a chat's lines come from. */
export interface Lines {
  /** Whether somebody types them, who can try again what has failed. */
  readonly isTerminal: boolean
  /** Shows the prompt and resolves with the next line. */
  ask(prompt: string): Promise<Line>
  close(): void
}

/** Lines of a terminal, with its editing and history. Between questions Ctrl+C is the process's, as a signal. */
export class TerminalLines implements Lines {
  readonly isTerminal = true
  readonly #input: NodeJS.ReadableStream
  readonly #output: NodeJS.WritableStream
  #history: string[] = []
  #open: Interface | undefined

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream) {
    this.#input = input
    this.#output = output
  }

  ask(prompt: string): Promise<Line> {
    const asked = createInterface({
      input: this.#input,
      output: this.#output,
      history: this.#history,
      terminal: true,
    })
    this.#open = asked
    asked.on('history', (history: string[]) => {
      this.#history = history
    })
    return new Promise((resolve) => {
      let line: Line = { kind: 'end' }
      const finish = (last: Line) => {
        line = last
        asked.close()
      }
      asked.on('SIGINT', () => finish({ kind: 'stop' }))
      asked.on('close', () => {
        // What comes next is no part of the prompt's line.
        if (line.kind !== 'text') this.#output.write('\n')
        resolve(line)
      })
      asked.question(prompt, (text) => finish({ kind: 'text', text }))
    })
  }

  close(): void {
    this.#open?.close()
  }
}

/** Lines of a pipe or a file, which is not read before the first is asked for; prompts are not shown. */
export class PipedLines implements Lines {
  readonly isTerminal = false
  readonly #input: NodeJS.ReadableStream
  #reader: Interface | undefined
  #lines: AsyncIterator<string> | undefined

  constructor(input: NodeJS.ReadableStream) {
    this.#input = input
  }

  async ask(): Promise<Line> {
    this.#reader ??= createInterface({ input: this.#input, terminal: false })
    this.#lines ??= this.#reader[Symbol.asyncIterator]()
    const { value, done } = await this.#lines.next()
    return done ? { kind: 'end' } : { kind: 'text', text: value }
  }

  close(): void {
    this.#reader?.close()
  }
}
