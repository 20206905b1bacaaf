import type { ServerSentEvent } from '../../core/sse.js'

/**
 * Makes events of the text of a stream, however it is cut into pieces. An event that the end cuts off is left out.
 * Wire: WHATWG HTML, "Server-sent events"; `retry` is ignored.
 */
export class SseReader {
  /** The line that is not complete, in pieces: it may be long, and come in many. */
  #pieces: string[] = []
  /** Whether the last line ended with a carriage return, of whose end a line feed may be the other half. */
  #isHalfEnded = false
  #id: string | undefined
  #event: string | undefined
  #data: string[] = []

  /** The events that a piece of text completes. */
  read(text: string): readonly ServerSentEvent[] {
    const rest = this.#isHalfEnded && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') this.#isHalfEnded = text.endsWith('\r')
    const [first = '', ...lines] = rest.split(/\r\n|\r|\n/)
    this.#pieces.push(first)
    return lines.flatMap((line) => {
      const whole = this.#pieces.join('')
      this.#pieces = [line]
      return this.#take(whole) ?? []
    })
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#finish()
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'id') this.#id = value
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
    return undefined
  }

  #finish(): ServerSentEvent | undefined {
    const lines = this.#data
    const event = { id: this.#id, event: this.#event, data: lines.join('\n') }
    this.#event = undefined
    this.#data = []
    return lines.length === 0 ? undefined : event
  }
}
