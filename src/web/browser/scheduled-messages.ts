import type { JsonObject } from '../../core/json.js'
import { readObjects, readText } from './read-fields.js'

/** A message that a conversation is to be sent later. */
export interface ScheduledLine {
  readonly run: string
  /** ISO 8601, UTC. */
  readonly sendAt: string
  readonly message: string
}

/** How long after its time a message is looked for as a turn, and how often; ms. */
const lagMs = 1_500
/** The longest that a browser's timer waits; ms. */
const longestMs = 2 ** 31 - 1

/** What a conversation is to be sent later, as of the last look. Looks again when the next of it has been sent. */
export class ScheduledMessages {
  readonly #lookAgain: () => void
  readonly #signal: AbortSignal
  #timer: ReturnType<typeof setTimeout> | undefined
  #lines: readonly ScheduledLine[] = []

  constructor(lookAgain: () => void, signal: AbortSignal) {
    this.#lookAgain = lookAgain
    this.#signal = signal
    signal.addEventListener('abort', () => clearTimeout(this.#timer))
  }

  /** The next first. */
  get lines(): readonly ScheduledLine[] {
    return this.#lines
  }

  /** Takes in what the app says of a session. */
  update(state: JsonObject): void {
    this.#lines = readObjects(state, 'scheduled').map(toLine)
    clearTimeout(this.#timer)
    const [next] = this.#lines
    if (next === undefined || this.#signal.aborted) return
    const waitMs = Math.max(0, Date.parse(next.sendAt) - Date.now()) + lagMs
    this.#timer = setTimeout(this.#lookAgain, Math.min(waitMs, longestMs))
  }
}

function toLine(line: JsonObject): ScheduledLine {
  const read = (name: string) => readText(line, name)
  return { run: read('correlationId'), sendAt: read('sendAt'), message: read('message') }
}
