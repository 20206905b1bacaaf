import type { ClientOptions, OpenAI } from 'openai'
import { AgentError } from '../../core/errors.js'
import { parseEndpoint } from '../endpoint.js'
import { fetchByHttp } from '../wire/http-fetch.js'

/** Where a server of OpenAI's API is, and who we are to it. */
export interface OpenAIConnectionOptions {
  /**
   * The key, or a function that is asked for a fresh one before every call.
   * @default the environment variable `OPENAI_API_KEY`; with a `baseUrl` none, so that OpenAI's key goes nowhere else
   */
  readonly apiKey?: string | (() => Promise<string>) | undefined
  /** Address of the API, up to and including its version, e.g. `http://localhost:11434/v1`. @default the environment variable `OPENAI_BASE_URL`, else `https://api.openai.com/v1` */
  readonly baseUrl?: string | undefined
  /** Id of the organization that is billed. @default the key's own */
  readonly organization?: string | undefined
  /** Headers sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Makes the HTTP calls, e.g. by a proxy, or with certificates of its own.
   * @default `node:http` with its global agents; Node's own `fetch` where it has another dispatcher than it came with
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** {@link OpenAIConnectionOptions}, or a client that is there already. */
export type ConnectionSource<Client> = OpenAIConnectionOptions & {
  /** A client of the `openai` package to use as it is; the other options here are then ignored. */
  readonly client?: Client | undefined
}

/** Where OpenAI's own API is. */
export const openAIBaseUrl = 'https://api.openai.com/v1'

/** How a client of the `openai` package is come by. */
export interface Connection<Client> {
  /** Loads the package and makes the client, once, when it is first called. */
  readonly connect: () => Promise<Client | OpenAI>
  /** Whether the client is one that we make, and not one that was given. */
  readonly isOurs: boolean
  /** Whether it leads to OpenAI's own models, at OpenAI or in Azure, or may do so. */
  readonly isOpenAI: boolean
}

/** Checks the options now. @throws {AgentError} `invalid_configuration` when one cannot be used. */
export function resolveConnection<Client extends Partial<OpenAI>>(
  options: ConnectionSource<Client>,
): Connection<Client> {
  const { client } = options
  if (client !== undefined) return { connect: () => Promise.resolve(client), isOurs: false, isOpenAI: true }
  const clientOptions = toClientOptions(options)
  let loading: Promise<OpenAI> | undefined
  const connect = () => {
    loading ??= import('openai').then(({ OpenAI }) => new OpenAI(clientOptions))
    return loading
  }
  return { connect, isOurs: true, isOpenAI: isOpenAI(clientOptions.baseURL ?? openAIBaseUrl) }
}

/** Azure serves its models under this path. */
function isOpenAI(baseUrl: string): boolean {
  const { hostname, pathname } = new URL(baseUrl)
  return hostname.endsWith('.openai.com') || /\/openai\/v1\/?$/.test(pathname)
}

function toClientOptions({
  apiKey,
  baseUrl,
  organization,
  headers,
  fetch,
}: OpenAIConnectionOptions): ClientOptions {
  const key = apiKey ?? (baseUrl === undefined ? readDefaultKey() : undefined)
  if (typeof key === 'string') checkHeaders({ authorization: key }, 'apiKey')
  checkHeaders(headers, 'headers')
  return {
    ...toBaseOptions(baseUrl ?? (process.env.OPENAI_BASE_URL || openAIBaseUrl)),
    // The package insists on a key; a server that needs none should not be sent a made-up one.
    apiKey: key ?? 'none',
    defaultHeaders: { ...(key === undefined && { Authorization: null }), ...headers },
    ...(organization !== undefined && { organization }),
    maxRetries: 0,
    fetch: fetch ?? fetchByHttp,
    // Whatever goes wrong reaches the caller as an error; the package would print it as well.
    logLevel: 'off',
  }
}

// The package takes organization and project from the environment, where they are meant for OpenAI alone.
function toBaseOptions(baseUrl: string): ClientOptions {
  const { href, hostname } = parseEndpoint(baseUrl, 'baseUrl', { secure: false })
  const base = { baseURL: href, adminAPIKey: null }
  return hostname.endsWith('.openai.com') ? base : { ...base, organization: null, project: null }
}

function readDefaultKey(): string {
  const key = process.env.OPENAI_API_KEY
  if (key) return key
  throw new AgentError('invalid_configuration', 'Set OPENAI_API_KEY, or give apiKey or baseUrl.')
}

// Checked early because fetch's complaint about an impossible header repeats its value.
function checkHeaders(headers: Readonly<Record<string, string>> | undefined, option: string): void {
  try {
    new Headers(headers)
  } catch {
    throw new AgentError('invalid_configuration', `${option} holds characters that no HTTP header can carry.`)
  }
}
