import type { IncomingMessage } from 'node:http'
import { toErrorMessage } from '../../../core/errors.js'
import { defaultBodyLimitBytes, readLimitedBody } from '../../http/request-body.js'
import { decodePath } from '../../http/request-url.js'
import { DurableRequestError } from './durable-answer.js'

/** A request of the durable API. */
export interface DurableRequest {
  readonly method: string
  /** Where it was sent, with origin and query. */
  readonly url: string
  /** Decoded parts of the path below the API's root, without empty ones. */
  readonly segments: readonly string[]
  /** By lower-case name, as names compare ignoring case; of several values the first. */
  readonly query: ReadonlyMap<string, string>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The whole body as UTF-8 text; `''` when there is none. @throws {DurableRequestError} 413 when it is too long. */
  readBody(): Promise<string>
}

/** Whether a request says that its body is JSON. */
export function isJson({ headers }: Pick<DurableRequest, 'headers'>): boolean {
  return /^application\/json\s*(;|$)/i.test(String(headers['content-type']))
}

/** A body's JSON text as it came; `null` for an empty one. @throws {DurableRequestError} when it is no JSON. */
export function parseJsonBody(body: string): string | null {
  if (body.trim() === '') return null
  try {
    JSON.parse(body)
    return body
  } catch (error) {
    throw new DurableRequestError(toErrorMessage(error), { summary: 'Invalid JSON content' })
  }
}

/** Reads an HTTP request of the API whose paths begin with `root` (a pattern with `^`), which is cut off. */
export function fromHttpRequest(request: IncomingMessage, root: RegExp): DurableRequest {
  const { method = 'GET', url: target = '', headers } = request
  const url = `http://${headers.host}${target}`
  return toDurableRequest({ method, url, headers }, target.replace(root, ''), () => readText(request))
}

/** Takes apart what is asked of the API; `target` is relative to its root. */
export function toDurableRequest(
  sent: Pick<DurableRequest, 'method' | 'url' | 'headers'>,
  target: string,
  readBody: () => Promise<string>,
): DurableRequest {
  const [path = '', search = ''] = target.split(/\?(.*)/s, 2)
  const parts = path.split('/').filter((part) => part !== '')
  return { ...sent, segments: parts.map(decodeSegment), query: parseQuery(search), readBody }
}

function parseQuery(search: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(search)) {
    if (!query.has(name.toLowerCase())) query.set(name.toLowerCase(), value)
  }
  return query
}

/**
 * The platform decodes twice: its server the path, its router what still looks encoded in it then, so that `%2541` means `A`.
 * Slashes stay encoded, and so does what stands for no character.
 */
function decodeSegment(segment: string): string {
  return decodePath(decodePath(segment))
}

async function readText(request: IncomingMessage): Promise<string> {
  const body = await readLimitedBody(request)
  if (body === undefined) {
    const detail = `The body is longer than ${defaultBodyLimitBytes} bytes.`
    throw new DurableRequestError(detail, { status: 413 })
  }
  return body.toString('utf8')
}
