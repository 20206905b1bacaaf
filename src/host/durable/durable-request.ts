import type { IncomingMessage } from 'node:http'

/** A request of the durable API. */
export interface DurableRequest {
  readonly method: string
  /** Decoded parts of the path below the API's root, without empty ones. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The whole body as UTF-8 text; `''` when there is none. */
  readBody(): Promise<string>
}

/** Reads what is asked; `path` is still percent-encoded, relative to the API's root, and may end in a query. */
export function toDurableRequest(request: IncomingMessage, path: string): DurableRequest {
  const url = request.url ?? ''
  const queryAt = url.indexOf('?')
  return {
    method: request.method ?? 'GET',
    segments: (path.split('?', 1)[0] ?? '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeSegment),
    query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1)),
    headers: request.headers,
    readBody: () => readText(request),
  }
}

/** A stray percent sign stays as it is, as in the platform's own decoder. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
