import type { JsonObject } from '../../core/json.js'
import type { AppClient } from './app-client.js'
import type { Outage } from './outage.js'
import { readNumber, readText } from './read-fields.js'
import { toLocalTime } from './to-local-time.js'

export interface BalanceLineOptions {
  readonly client: Pick<AppClient, 'readBalance'>
  /** Waits for the app. */
  readonly outage: Outage
  readonly balance: HTMLElement
  readonly onProblem: (error: unknown) => void
}

/** The line that says what whoever sees the page may still spend; hidden for those who may spend as much as they like. */
export class BalanceLine {
  readonly #options: BalanceLineOptions
  #reading = new AbortController()

  constructor(options: BalanceLineOptions) {
    this.#options = options
  }

  /** Reads it again. Only the last look counts. */
  async refresh(): Promise<void> {
    const { client, outage, balance, onProblem } = this.#options
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    try {
      const found = await outage.outlast(() => {
        signal.throwIfAborted()
        return client.readBalance()
      })
      if (signal.aborted) return
      balance.textContent = toBalanceText(found)
      balance.hidden = balance.textContent === ''
    } catch (error) {
      if (!signal.aborted) onProblem(error)
    }
  }
}

/** What is left, and from when on there is more; empty for those without a limit. */
export function toBalanceText(found: JsonObject): string {
  if (typeof found.tokens !== 'number') return ''
  const left = Math.max(0, found.tokens - readNumber(found, 'spent'))
  const [some, all] = [left, found.tokens].map((count) => count.toLocaleString())
  return `${some} of ${all} tokens left until ${toLocalTime(readText(found, 'until'))}`
}
