import type { JsonObject } from '../../core/json.js'
import type { AppClient } from './app-client.js'
import type { Outage } from './outage.js'
import { pause } from './pause.js'
import { readNumber, readText } from './read-fields.js'
import { toLocalTime } from './to-local-time.js'

/** By then an account has heard of a run. */
const lagMs = 4000

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
    await this.#look([0])
  }

  /** The same, and once more a little later: the account hears of a run a moment after its caller. */
  async refreshAfterRun(): Promise<void> {
    await this.#look([0, lagMs])
  }

  async #look(pausesMs: readonly number[]): Promise<void> {
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    try {
      for (const pauseMs of pausesMs) {
        await pause(pauseMs, signal)
        await this.#read(signal)
      }
    } catch (error) {
      if (!signal.aborted) this.#options.onProblem(error)
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { client, outage, balance } = this.#options
    const found = await outage.outlast(() => {
      signal.throwIfAborted()
      return client.readBalance()
    })
    signal.throwIfAborted()
    balance.textContent = toBalanceText(found)
    balance.hidden = balance.textContent === ''
  }
}

/** What is left, and from when on there is more; empty for those without a limit. */
function toBalanceText(found: JsonObject): string {
  if (typeof found.tokens !== 'number') return ''
  const left = Math.max(0, found.tokens - readNumber(found, 'spent'))
  const [some, all] = [left, found.tokens].map((count) => count.toLocaleString())
  return `${some} of ${all} tokens left until ${toLocalTime(readText(found, 'until'))}`
}
