import { isJsonObject, parseJson } from '../../core/json.js'
import type { RunAddress, SessionAddress } from '../../core/session-paths.js'
import type { TabStorage } from './tab-storage.js'

/** A message that the app may not have yet. */
export interface UnsentMessage extends RunAddress {
  readonly message: string
  /** The run whose place it takes. @default none */
  readonly replaces?: string | undefined
  /** The run that it undoes. @default none */
  readonly undoes?: string | undefined
}

/**
 * Messages that were sent and not yet accepted, kept for the tab: a page that is reloaded in between sends them again,
 * under the same ids, so that none is lost and none is answered twice.
 */
export class Outbox {
  readonly #storage: TabStorage
  readonly #name: string

  /** @param app tells apps apart that share a host */
  constructor(storage: TabStorage, app: string) {
    this.#storage = storage
    this.#name = `durable-agents-outbox:${app}`
  }

  put(message: UnsentMessage): void {
    this.#write([...this.#read().filter(({ run }) => run !== message.run), message])
  }

  remove(run: string): void {
    this.#write(this.#read().filter((one) => one.run !== run))
  }

  /** Those of all other sessions than one, oldest first. */
  except(place: Partial<SessionAddress> = {}): readonly UnsentMessage[] {
    return this.#read().filter((one) => one.agent !== place.agent || one.session !== place.session)
  }

  /** Those of a session, oldest first. */
  of(agent: string, session: string): readonly UnsentMessage[] {
    return this.#read().filter((one) => one.agent === agent && one.session === session)
  }

  /** Forgets those of a session, which is no more: they would begin it anew. */
  clear({ agent, session }: SessionAddress): void {
    this.#write(this.except({ agent, session }))
  }

  #read(): readonly UnsentMessage[] {
    const stored = parseJson(this.#storage.getItem(this.#name) ?? '')
    return Array.isArray(stored) ? stored.filter(isUnsentMessage) : []
  }

  #write(messages: readonly UnsentMessage[]): void {
    try {
      this.#storage.setItem(this.#name, JSON.stringify(messages))
    } catch {
      // The storage is full: this page still has the message, and sends it.
    }
  }
}

function isUnsentMessage(value: unknown): value is UnsentMessage {
  if (!isJsonObject(value)) return false
  const references = [value.replaces, value.undoes]
  if (references.some((run) => run !== undefined && typeof run !== 'string')) return false
  return (['agent', 'session', 'run', 'message'] as const).every((name) => typeof value[name] === 'string')
}
