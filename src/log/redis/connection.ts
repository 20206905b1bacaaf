import { setTimeout as wait } from 'node:timers/promises'
import { AgentError } from '../../core/errors.js'
import { importPeer } from '../../core/import-peer.js'
import type { RedisScript } from './scripts.js'

interface ScriptCall {
  readonly keys: string[]
  readonly arguments: string[]
}

/** What is used of a client of the package `redis`, for a single server or a cluster. */
export interface RedisClient {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  duplicate(): RedisClient
  destroy(): unknown
  eval(script: string, call: ScriptCall): Promise<unknown>
  evalSha(sha: string, call: ScriptCall): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: 'connect' | 'error', listener: (error: Error) => void): unknown
}

/** Pauses before a call is tried again on a connection that broke. */
const retryDelaysMs = [50, 250, 1_000]

/** Where Redis is: a URL, or a client that the app has already. */
export type RedisSource =
  | { readonly url: string; readonly client?: undefined }
  | { readonly url?: undefined; readonly client: RedisClient }

export interface RedisConnectionOptions {
  /** How long a try may take, in ms, connecting included. @default 10,000 */
  readonly callTimeoutMs?: number | undefined
}

/**
 * Runs scripts on Redis, connecting at first use. Calls that a broken connection cut off are tried again, and so are those
 * that nobody answers: a connection that broke without a word would be waited on for a quarter of an hour.
 */
export class RedisConnection {
  readonly #source: RedisSource
  readonly #place: string
  readonly #callTimeoutMs: number
  /** The clients that were made here. */
  readonly #own = new Set<RedisClient>()
  #opened: Partial<Record<'client' | 'subscriber', Promise<RedisClient>>> = {}
  #isClosed = false

  /** @throws {AgentError} `invalid_configuration` when the URL is none. */
  constructor(source: RedisSource, { callTimeoutMs = 10_000 }: RedisConnectionOptions = {}) {
    this.#source = source
    this.#callTimeoutMs = callTimeoutMs
    this.#place = source.url === undefined ? 'of the given client' : `at ${parsePlace(source.url)}`
  }

  /** What a script returned. @throws {AgentError} `store_unavailable` saying why it was not run. */
  run(script: RedisScript, keys: string[], values: readonly (string | number)[]): Promise<unknown> {
    const call = { keys, arguments: values.map(String) }
    return this.#persist(async () => evaluate(await this.#open(), script, call))
  }

  /** Calls `listener` for each message on a channel. @throws {AgentError} `store_unavailable` */
  async subscribe(channel: string, listener: () => void): Promise<void> {
    await this.#persist(async () => (await this.#openSubscriber()).subscribe(channel, listener))
  }

  async #persist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#inTime(work())
      } catch (error) {
        const pauseMs = retryDelaysMs[tries]
        if (pauseMs === undefined || this.#isClosed || isFinal(error)) throw this.#toError(error)
        if (isDemotion(error)) this.#forgetClients()
        await wait(pauseMs)
      }
    }
  }

  async #inTime<Result>(work: Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#forgetClients()
        reject(Object.assign(new Error(), { name: 'no answer in time' }))
      }, this.#callTimeoutMs)
    })
    try {
      return await Promise.race([work, limit])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The next call connects anew. Who waits for a message looks by themselves. */
  #forgetClients(): void {
    this.#opened = {}
    for (const client of this.#own) if (client.isOpen) client.destroy()
    this.#own.clear()
  }

  async unsubscribe(channel: string): Promise<void> {
    // A connection that is gone has no subscriptions either.
    const unsubscribed = this.#opened.subscriber?.then((client) => client.unsubscribe(channel))
    await this.#inTime(Promise.resolve(unsubscribed)).catch(() => {})
  }

  /** Closes what was opened here; a client that was given stays open. */
  async close(): Promise<void> {
    this.#isClosed = true
    const opening = Object.values(this.#opened)
    this.#forgetClients()
    await this.#inTime(Promise.allSettled(opening)).catch(() => {})
    this.#forgetClients()
  }

  #open(): Promise<RedisClient> {
    this.#refuseClosed()
    return this.#openOnce('client', () => this.#connect())
  }

  /** Until it is forgotten; when it cannot be opened, the next call tries anew. */
  #openOnce(which: 'client' | 'subscriber', open: () => Promise<RedisClient>): Promise<RedisClient> {
    const known = this.#opened[which]
    if (known !== undefined) return known
    const opening = open()
    this.#opened[which] = opening
    opening.catch(() => {
      if (this.#opened[which] === opening) delete this.#opened[which]
    })
    return opening
  }

  async #connect(): Promise<RedisClient> {
    const client = this.#source.client ?? this.#keep(await createClient(this.#source.url))
    this.#refuseClosed()
    if (!client.isOpen) await client.connect()
    return client
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new AgentError('store_unavailable', 'The run log has been closed.')
  }

  #openSubscriber(): Promise<RedisClient> {
    return this.#openOnce('subscriber', () => this.#connectSubscriber())
  }

  async #connectSubscriber(): Promise<RedisClient> {
    const client = this.#keep((await this.#open()).duplicate())
    client.on('error', () => {})
    await client.connect()
    return client
  }

  #keep(client: RedisClient): RedisClient {
    this.#own.add(client)
    // A client that is destroyed while it connects does so all the same.
    client.on('connect', () => {
      if (!this.#own.has(client)) client.destroy()
    })
    return client
  }

  // Security: what the client throws is not repeated, as it may hold the URL with its password.
  #toError(error: unknown): AgentError {
    if (error instanceof AgentError) return error
    const code = toReplyCode(error)
    const what = code ?? toName(error)
    const hint = code === undefined ? 'Check the address and the network.' : toHint(code)
    const message = `The run log in Redis ${this.#place} cannot be used (${what}). ${hint}`
    return new AgentError('store_unavailable', message.trim(), {
      retryable: code === undefined || isPassing(code),
    })
  }
}

async function evaluate(client: RedisClient, script: RedisScript, call: ScriptCall): Promise<unknown> {
  try {
    return await client.evalSha(script.sha, call)
  } catch (error) {
    if (toReplyCode(error) !== 'NOSCRIPT') throw error
    return client.eval(script.text, call)
  }
}

async function createClient(url: string): Promise<RedisClient> {
  const redis = await importPeer('RedisRunLog', 'redis', () => import('redis'))
  let hasBeenConnected = false
  const reconnectStrategy = (retries: number, cause: Error) => {
    const isWorthIt = hasBeenConnected || (retries < 1 && toReplyCode(cause) === undefined)
    return isWorthIt ? Math.min(50 * 2 ** retries, 1_000) : cause
  }
  const client = redis.createClient({
    url,
    // While there is no connection calls fail at once, and are tried again here.
    disableOfflineQueue: true,
    socket: { connectTimeout: 5_000, reconnectStrategy },
  })
  client.on('ready', () => {
    hasBeenConnected = true
  })
  client.on('error', () => {})
  return client
}

/** Whether the same call would fail again: the server has answered, or there is no client to call it with. */
function isFinal(error: unknown): boolean {
  return (toReplyCode(error) !== undefined && !isDemotion(error)) || error instanceof AgentError
}

/** Whether the server became a replica: it keeps its connections, and the address may lead to another one by now. */
function isDemotion(error: unknown): boolean {
  return toReplyCode(error) === 'READONLY'
}

/** The code word of an error that the server answered with; `undefined` for failures on the way. Before Redis 7 that of a script stands behind others. */
function toReplyCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.message.startsWith('ERR max number of clients')) return 'MAXCLIENTS'
  return /^(?:ERR Error running script.*: )?-?([A-Z][A-Z]+)\b/.exec(error.message)?.[1]
}

function toName(error: unknown): string {
  // The client wraps what ended its tries to connect.
  const { code, name, originalError } = (error ?? {}) as Record<string, unknown>
  if (originalError !== undefined) return toName(originalError)
  if (typeof code === 'string' && /^\w+$/.test(code)) return code
  // Its errors have classes, but no names of their own.
  return name === 'Error' && error instanceof Error ? error.constructor.name : String(name ?? 'error')
}

/** What a server answers while it restarts, fails over, is cut off from its replicas or its disk, is full, has no connection left, or is busy with a script. */
function isPassing(code: string): boolean {
  return /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|MISCONF|OOM|MAXCLIENTS)$/.test(
    code,
  )
}

function toHint(code: string): string {
  if (/^(WRONGPASS|NOAUTH|NOPERM)$/.test(code)) return 'Check the user name, the password and its rights.'
  if (code === 'MAXCLIENTS') return 'It has no connection left: allow more clients.'
  if (/^(OOM|MISCONF|READONLY)$/.test(code)) return 'It takes no writes: check its memory, disk and role.'
  return ''
}

function parsePlace(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^rediss?:$/.test(url.protocol)) return url.host
  throw new AgentError('invalid_configuration', 'The address of Redis must be a redis:// or rediss:// URL.')
}
