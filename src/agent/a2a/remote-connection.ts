import type { AgentCard, Task } from '@a2a-js/sdk'
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client'
import { AgentError } from '../../core/errors.js'
import { raceAbort } from '../../core/race-abort.js'
import { idempotentMessages } from './idempotent-messages.js'
import { QuietRestFactory } from './quiet-rest.js'
import { isRefusal, toUnreachableError } from './remote-failures.js'
import { createRemoteFetch, type RemoteFetchOptions } from './remote-fetch.js'

export interface RemoteOptions extends RemoteFetchOptions {
  readonly requestTimeoutMs: number
}

/** An agent elsewhere, and what its card says of it. */
export interface Remote {
  readonly client: Client
  readonly isStreaming: boolean
  /** Whether a message that is sent again is the same task. */
  readonly isIdempotent: boolean
}

/** Finds an agent by its card, which is read once. */
export class RemoteConnection {
  readonly #options: RemoteOptions
  #remote: Promise<Remote> | undefined

  constructor(options: RemoteOptions) {
    this.#options = options
  }

  /**
   * Waits for the card no longer than until the signal aborts, for whoever else needs it goes on.
   * @throws {AgentError} `model_error`, to be tried again, when there is no card; `invalid_configuration` when it leads elsewhere; the signal's reason.
   */
  async open(signal: AbortSignal = new AbortController().signal): Promise<Remote> {
    signal.throwIfAborted()
    return raceAbort(this.#connectOnce(), signal)
  }

  async #connectOnce(): Promise<Remote> {
    const remote = this.#remote ?? this.#connect()
    this.#remote = remote
    try {
      return await remote
    } catch (error) {
      if (this.#remote === remote) this.#remote = undefined
      throw error
    }
  }

  /** A task as it stands, without its history. @throws {AgentError} as {@link open}; whatever the official client throws. */
  async read(taskId: string, signal: AbortSignal | undefined): Promise<Task> {
    const { client } = await this.open(signal)
    const request = { tenant: '', id: taskId, historyLength: 0 }
    const task = await client.getTask(request, { signal: this.limit(signal) })
    if (task.id === taskId) return task
    throw new Error('Another task was answered.')
  }

  /** Ends a task; one that has ended, or that there is not, need not be ended. @throws {AgentError} as {@link open}. */
  async cancel(taskId: string, signal: AbortSignal | undefined): Promise<void> {
    const request = { tenant: '', id: taskId, metadata: undefined }
    try {
      const { client } = await this.open(signal)
      await client.cancelTask(request, { signal: this.limit(signal) })
    } catch (error) {
      signal?.throwIfAborted()
      if (!isRefusal(error)) throw toUnreachableError(this.#options.name, error)
    }
  }

  /** How long one request may take; ms. */
  get requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs
  }

  /** A signal for one request: of its caller's, and of the time that it may take. */
  limit(signal: AbortSignal | undefined): AbortSignal {
    const limit = AbortSignal.timeout(this.#options.requestTimeoutMs)
    return signal === undefined ? limit : AbortSignal.any([signal, limit])
  }

  async #connect(): Promise<Remote> {
    const { name, url } = this.#options
    const fetchImpl = createRemoteFetch(this.#options)
    const compat = { fetchImpl, legacyCompat: { enabled: true } }
    const resolver = new DefaultAgentCardResolver({
      ...compat,
      fetchImpl: (input, init) => fetchImpl(input, { ...init, signal: this.limit(undefined) }),
    })
    const factory = new ClientFactory({
      transports: [new JsonRpcTransportFactory(compat), new QuietRestFactory(compat)],
      cardResolver: resolver,
    })
    try {
      const card = await resolver.resolve(toBase(url), url.pathname.endsWith('.json') ? '' : undefined)
      return { client: await factory.createFromAgentCard(card), ...readCard(card) }
    } catch (cause) {
      throw toCardError(name, cause)
    }
  }
}

/** The card is found relative to the address, so that has to end with a slash. */
function toBase(url: URL): string {
  if (url.pathname.endsWith('.json') || url.pathname.endsWith('/')) return url.href
  const base = new URL(url)
  base.pathname += '/'
  return base.href
}

function readCard({ capabilities }: AgentCard): Omit<Remote, 'client'> {
  const extensions = capabilities?.extensions ?? []
  return {
    isStreaming: capabilities?.streaming === true,
    isIdempotent: extensions.some(({ uri }) => uri === idempotentMessages),
  }
}

function toCardError(name: string, cause: unknown): AgentError {
  if (cause instanceof AgentError) return cause
  const message = `The card of the A2A agent "${name}" cannot be read, or names no interface by JSON-RPC or HTTP. Check its url, and that it runs there.`
  return new AgentError('model_error', message, { retryable: true })
}
