import type { SpawnedHost } from '../../support/spawn-host.js'
import { until } from './kit.js'

/** Calls the HTTP functions of `test/fixtures/apps/durable` on a running host. */
export interface AppClient {
  signal(name: string, key: string, operation: string, input?: unknown): Promise<number>
  /** The entity's state as the client library reads it; `exists: false` when there is none. */
  read(name: string, key: string): Promise<{ readonly exists: boolean; readonly state?: unknown }>
  /** Waits until the entity's state, a list, has so many entries, and gives it. */
  readList(name: string, key: string, length: number): Promise<unknown[]>
  /** Calls a method of the client library; gives its value or the message of its error. */
  client(method: string, ...args: unknown[]): Promise<{ readonly value?: unknown; readonly error?: string }>
  burst(sender: string, entities: readonly string[], signalsEach: number): Promise<void>
}

export function createAppClient(host: SpawnedHost): AppClient {
  const post = (path: string, body?: unknown) =>
    fetch(`${host.url}/api/${path}`, {
      method: 'POST',
      body: body === undefined ? null : JSON.stringify(body),
    })
  const read: AppClient['read'] = async (name, key) => {
    const answer = await fetch(`${host.url}/api/state/${name}/${key}`)
    return (await answer.json()) as { exists: boolean; state?: unknown }
  }
  return {
    read,
    signal: async (name, key, operation, input) =>
      (await post(`signal/${name}/${key}/${operation}`, input)).status,
    readList: (name, key, length) =>
      until(async () => {
        const { state } = await read(name, key)
        return Array.isArray(state) && state.length >= length ? (state as unknown[]) : undefined
      }),
    client: async (method, ...args) =>
      (await (await post(`client/${method}`, args)).json()) as { value?: unknown; error?: string },
    burst: async (sender, entities, signalsEach) => {
      const answer = await post('burst', { sender, entities, signalsEach })
      if (answer.status !== 204) throw new Error(`The burst was answered ${answer.status}.`)
    },
  }
}
