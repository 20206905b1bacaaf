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
}

/** The line that says what whoever sees the page may still spend; hidden for those who may spend as much as they like. */
export class BalanceLine {
  readonly #options: BalanceLineOptions

  constructor(options: BalanceLineOptions) {
    this.#options = options
  }

  /** @throws {RequestError} when it cannot be read. */
  async refresh(): Promise<void> {
    const { client, outage, balance } = this.#options
    const text = toBalanceText(await outage.outlast(() => client.readBalance()))
    balance.hidden = text === ''
    if (balance.textContent !== text) balance.textContent = text
  }
}

/** What is left, and from when on there is more; empty for those without a limit. */
export function toBalanceText(found: JsonObject): string {
  if (typeof found.tokens !== 'number') return ''
  const left = Math.max(0, found.tokens - readNumber(found, 'spent'))
  const [some, all] = [left, found.tokens].map((count) => count.toLocaleString())
  return `${some} of ${all} tokens left until ${toLocalTime(readText(found, 'until'))}`
}
