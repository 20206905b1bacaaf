import { AgentError } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'
import type { SessionState } from '../../run/events.js'
import type { ProviderState } from './provider-context.js'

/** How much all providers of a session may keep in it together, in characters of JSON: it is read and written with each turn. */
const maxStateLength = 8192

/** What the providers of an agent keep in a session, to be changed by them while a run goes on. */
export class ProviderStates {
  readonly #states = new Map<string, ProviderState>()
  readonly #taken = new Map<string, string>()

  constructor(kept: SessionState) {
    for (const [name, state] of Object.entries(kept)) {
      this.#states.set(name, structuredClone(state))
      this.#taken.set(name, JSON.stringify(state))
    }
  }

  /** The one object that the provider of this name changes. */
  of(name: string): ProviderState {
    const known = this.#states.get(name)
    if (known !== undefined) return known
    const state: ProviderState = {}
    this.#states.set(name, state)
    this.#taken.set(name, '{}')
    return state
  }

  /** What providers keep whose names begin so, by the rest of their names. */
  below(prefix: string): SessionState {
    const found = [...this.#states].filter(([name]) => name.startsWith(prefix))
    return Object.fromEntries(
      found.map(([name, state]) => [name.slice(prefix.length), structuredClone(state)]),
    )
  }

  /** Replaces what a provider keeps. */
  set(name: string, state: JsonObject): void {
    const own = this.of(name)
    for (const member of Object.keys(own)) delete own[member]
    Object.assign(own, structuredClone(state))
  }

  /** What has changed since it was last asked; `undefined` when nothing has. @throws {AgentError} `invalid_configuration` when it is all too much. */
  takeChanges(): SessionState | undefined {
    const changes: Record<string, JsonObject> = {}
    let length = 0
    for (const [name, state] of this.#states) {
      const text = JSON.stringify(state)
      length += text.length
      if (text !== this.#taken.get(name)) changes[name] = JSON.parse(text)
      this.#taken.set(name, text)
    }
    if (Object.keys(changes).length === 0) return undefined
    if (length > maxStateLength) throw createSizeError(length, changes)
    return changes
  }
}

function createSizeError(length: number, changes: SessionState): AgentError {
  return new AgentError(
    'invalid_configuration',
    `What providers keep in the session would have ${length} characters of JSON; ${maxStateLength} are allowed. Keep less in the state of ${Object.keys(changes).join(', ')}.`,
  )
}
