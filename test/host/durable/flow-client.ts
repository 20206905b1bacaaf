import type { SpawnedHost } from '../../support/spawn-host.js'
import { until } from './kit.js'

/** An orchestration's status as the HTTP API gives it. */
export interface FlowStatus {
  readonly name: string
  readonly instanceId: string
  readonly runtimeStatus: string
  readonly input: unknown
  readonly customStatus: unknown
  readonly output: unknown
  readonly createdTime: string
  readonly lastUpdatedTime: string
  readonly historyEvents?: readonly Readonly<Record<string, unknown>>[]
}

/** Calls the HTTP functions of `test/fixtures/apps/orchestrations` and the durable API of a running host. */
export interface FlowClient {
  /** Base URL of the durable API, without a slash at its end. */
  readonly api: string
  /** Starts an orchestration through the client library; gives its id. @throws {Error} with the answer when it is refused. */
  start(name: string, input?: unknown, id?: string): Promise<string>
  /** Calls a method of the client library; gives its value or the message of its error. */
  client(method: string, ...args: unknown[]): Promise<{ readonly value?: unknown; readonly error?: string }>
  raise(id: string, name: string, data: unknown): Promise<number>
  status(id: string, query?: string): Promise<FlowStatus>
  /** Waits until an orchestration is over. */
  end(id: string): Promise<FlowStatus>
  /** Starts an orchestration and gives what it returned. @throws {Error} when it did not complete. */
  run(name: string, input?: unknown): Promise<unknown>
}

const ends = new Set(['Completed', 'Failed', 'Terminated'])

export function createFlowClient(host: Pick<SpawnedHost, 'url'>): FlowClient {
  const api = `${host.url}/runtime/webhooks/durabletask`
  const post = (url: string, body: unknown) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
  const status: FlowClient['status'] = async (id, query = '') =>
    (await (await fetch(`${api}/instances/${id}?${query}`)).json()) as FlowStatus
  const flow: FlowClient = {
    api,
    status,
    start: async (name, input, id = '') => {
      const answer = await post(`${host.url}/api/start/${name}/${id}`, input)
      if (answer.status !== 202) throw new Error(`The start was answered ${answer.status}.`)
      return ((await answer.json()) as { id: string }).id
    },
    client: async (method, ...args) =>
      (await (await post(`${host.url}/api/client/${method}`, args)).json()) as {
        value?: unknown
        error?: string
      },
    raise: async (id, name, data) => (await post(`${api}/instances/${id}/raiseEvent/${name}`, data)).status,
    end: (id) =>
      until(async () => {
        const now = await status(id)
        return ends.has(now.runtimeStatus) ? now : undefined
      }),
    run: async (name, input) => {
      const ended = await flow.end(await flow.start(name, input))
      if (ended.runtimeStatus !== 'Completed') throw new Error(JSON.stringify(ended))
      return ended.output
    },
  }
  return flow
}
