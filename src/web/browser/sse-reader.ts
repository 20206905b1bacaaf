import type { ServerSentEvent } from '../../core/sse.js'

/**
 * Makes events of the text of a stream, however it is cut into pieces. An event that the end cuts off is left out.
 * Wire: WHATWG HTML, "Server-sent events"; `retry` is ignored.
 */
export class SseReader {
  #rest = ''
  #id: string | undefined
  #event: string | undefined
  #data: string[] = []

  /** The events that a piece of text completes. */
  read(text: string): readonly ServerSentEvent[] {
    // A carriage return at the end may be half of a line's end.
    const [, whole = '', half = ''] = /^(.*?)(\r?)$/s.exec(this.#rest + text) ?? []
    const lines = whole.split(/\r\n|\r|\n/)
    this.#rest = (lines.pop() ?? '') + half
    return lines.flatMap((line) => this.#take(line) ?? [])
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
