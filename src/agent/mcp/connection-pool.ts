import { toCanonicalJson } from '../../core/json.js'
import type { InvocationValues, RunInfo } from '../providers/provider-context.js'
import type { McpConnection } from './connection.js'

/** The run for which a server is asked. */
export interface McpRun extends RunInfo {
  readonly values: InvocationValues
}

/** Headers by name. */
export type McpHeaders = Readonly<Record<string, string>>

export interface ConnectionPoolOptions {
  /** What the requests of a run are sent with. */
  readonly headers: McpHeaders | ((run: McpRun) => McpHeaders | Promise<McpHeaders>)
  /** Gives what makes connections; asked for when one is first needed. */
  readonly load: () => Promise<(headers: McpHeaders) => McpConnection>
  /** How many are kept open, as far as they are not in use. */
  readonly maxConnections: number
}

/**
 * The connections to one server: one for all runs with the same headers.
 * Security: runs with different headers, so with different credentials, never share a connection or the server's session.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  /** By their headers; the one used longest ago is first. */
  readonly #connections = new Map<string, McpConnection>()

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /** The connection of a run. */
  async find(run: McpRun): Promise<McpConnection> {
    const { headers, load } = this.#options
    const createConnection = await load()
    const resolved = typeof headers === 'function' ? await headers(run) : headers
    const key = toCanonicalJson(resolved)
    const connection = this.#connections.get(key) ?? createConnection(resolved)
    this.#connections.delete(key)
    this.#connections.set(key, connection)
    await this.#closeSurplus()
    return connection
  }

  /** Closes all of them. What is asked afterwards makes new ones. */
  async close(): Promise<void> {
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.all(connections.map((connection) => connection.close()))
  }

  async #closeSurplus(): Promise<void> {
    let surplus = this.#connections.size - this.#options.maxConnections
    for (const [key, connection] of [...this.#connections].slice(0, -1)) {
      if (surplus <= 0) return
      if (!connection.isIdle) continue
      surplus -= 1
      this.#connections.delete(key)
      await connection.close()
    }
  }
}
