import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { DurableAnswer } from './durable-answer.js'
import { type DurableRequest, toDurableRequest } from './durable-request.js'

export interface RpcShortcutOptions {
  /** Folder of the app, whose durable-functions is meant. */
  readonly root: string
  /** Address of the durable API, ending in `/`. */
  readonly baseUrl: string
  readonly answer: (request: DurableRequest) => Promise<DurableAnswer>
}

/** What this uses of axios, through which the client library sends its calls (axios: request config, adapter). */
interface Axios {
  readonly defaults: { adapter?: unknown }
  getAdapter(adapter: unknown): Adapter
}

type Adapter = (config: AxiosRequest) => Promise<unknown>

interface AxiosRequest {
  readonly url?: string
  readonly method?: string
  readonly headers: { toJSON(): Readonly<Record<string, string>> }
  readonly data?: unknown
}

/**
 * Answers the client library's calls to the durable API in this process: what they say and what they are answered is the
 * same as over HTTP, without a connection in between. Everything else that the app does with axios goes its usual way.
 * Returns what undoes it. Does nothing when the app has not loaded axios as it is known here: its calls then go over HTTP.
 */
export function openRpcShortcut({ root, baseUrl, answer }: RpcShortcutOptions): () => void {
  const axios = findAxios(root)
  if (axios === undefined) return () => {}
  const { adapter } = axios.defaults
  const send = axios.getAdapter(adapter)
  let isOpen = true
  async function take(config: AxiosRequest): Promise<unknown> {
    if (!isOpen || !config.url?.startsWith(baseUrl)) return send(config)
    const {
      status,
      json = '',
      headers = {},
    } = await answer(toRequest(config, config.url.slice(baseUrl.length)))
    return { status, statusText: '', headers, data: json, config }
  }
  axios.defaults.adapter = take
  return () => {
    isOpen = false
    if (axios.defaults.adapter === take) axios.defaults.adapter = adapter
  }
}

function toRequest({ method = 'get', headers, data }: AxiosRequest, url: string): DurableRequest {
  const lowerCase = Object.entries(headers.toJSON()).map(([name, value]) => [name.toLowerCase(), value])
  const request = { method: method.toUpperCase(), url, headers: Object.fromEntries(lowerCase) }
  return toDurableRequest(request, async () => (typeof data === 'string' ? data : ''))
}

/** The copy of axios that the app's durable-functions has loaded. */
function findAxios(root: string): Axios | undefined {
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

function isAxios(value: unknown): value is Axios {
  const { defaults, getAdapter } = (value ?? {}) as Partial<Axios>
  return typeof defaults === 'object' && typeof getAdapter === 'function'
}
