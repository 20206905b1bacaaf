import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseJson } from '../../../core/json.js'
import type { DurableAnswer } from './durable-answer.js'
import { type DurableRequest, toDurableRequest } from './durable-request.js'

export interface RpcShortcutOptions {
  /** Folder of the app, whose durable-functions is meant. */
  readonly root: string
  /** Address of the durable API, ending in `/`. */
  readonly baseUrl: string
  readonly answer: (request: DurableRequest) => Promise<DurableAnswer>
}

/** What this uses of axios, through which the client library sends its calls (axios: instances, request config, interceptors). */
interface AxiosLibrary {
  readonly Axios: { readonly prototype: { request: RequestMethod } }
}

interface AxiosInstance {
  readonly defaults: {
    readonly headers: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>
    readonly validateStatus?: ((status: number) => boolean) | null
  }
  readonly interceptors: Readonly<Record<'request' | 'response', { readonly handlers: readonly unknown[] }>>
}

type RequestMethod = (this: AxiosInstance, request: string | AxiosRequest, more?: unknown) => Promise<unknown>

interface AxiosRequest {
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly data?: unknown
}

/**
 * Answers the client library's calls to the durable API in this process: what they say and what they are answered is the
 * same as over HTTP, without a connection in between, and without axios's own way there. Everything else that the app does
 * with axios goes its usual way, and so do calls that somebody has put interceptors around.
 * Returns what undoes it. Does nothing when the app has not loaded axios as it is known here: its calls then go over HTTP.
 */
export function openRpcShortcut({ root, baseUrl, answer }: RpcShortcutOptions): () => void {
  const prototype = findAxios(root)?.Axios.prototype
  if (prototype === undefined) return () => {}
  const { request: send } = prototype
  let isOpen = true
  async function take(this: AxiosInstance, request: string | AxiosRequest, more?: unknown): Promise<unknown> {
    if (!isOpen || typeof request === 'string' || !request.url?.startsWith(baseUrl) || !isPlain(this)) {
      return send.call(this, request, more)
    }
    const { status, json = '', headers = {} } = await answer(toRequest(this, request, baseUrl.length))
    return { status, statusText: '', headers, data: json === '' ? json : JSON.parse(json), config: request }
  }
  prototype.request = take
  return () => {
    isOpen = false
    if (prototype.request === take) prototype.request = send
  }
}

/** Whether nothing stands between the instance's caller and its answers, whatever their status, as with the client library's. */
function isPlain({ defaults, interceptors }: AxiosInstance): boolean {
  const { request, response } = interceptors
  return request.handlers.length + response.handlers.length === 0 && defaults.validateStatus?.(599) === true
}

function toRequest(
  { defaults }: AxiosInstance,
  { method = 'get', url = '', headers, data }: AxiosRequest,
  baseLength: number,
): DurableRequest {
  const all = { ...defaults.headers.common, ...defaults.headers[method.toLowerCase()], ...headers }
  const lowerCase = Object.entries(all).map(([name, value]) => [name.toLowerCase(), value])
  return toDurableRequest(
    { method: method.toUpperCase(), url, headers: Object.fromEntries(lowerCase) },
    url.slice(baseLength),
    async () => toBody(data),
  )
}

/** With the client library's content type, axios sends texts that are no JSON as JSON texts (axios: transformRequest). */
function toBody(data: unknown): string {
  if (data === undefined) return ''
  return typeof data === 'string' && parseJson(data) !== undefined ? data : JSON.stringify(data)
}

/** The copy of axios that the app's durable-functions has loaded. */
function findAxios(root: string): AxiosLibrary | undefined {
  const require = createRequire(join(root, 'package.json'))
  try {
    const library = createRequire(require.resolve('durable-functions'))
    const axios: unknown = require.cache[library.resolve('axios')]?.exports
    return isAxios(axios) ? axios : undefined
  } catch {
    // The app has no durable-functions, or has it bundled.
    return undefined
  }
}

function isAxios(value: unknown): value is AxiosLibrary {
  const { Axios } = (value ?? {}) as Partial<AxiosLibrary>
  return typeof Axios?.prototype.request === 'function'
}
