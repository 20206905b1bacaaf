import type { IncomingMessage } from 'node:http'

/** A request's target, taken apart once. */
export interface RequestTarget {
  /** Path with its leading slash, as sent. */
  readonly path: string
  /** Query with its `?`, as sent; empty for none. */
  readonly search: string
}

/**
 * False for a `Host` header that names no host, and for two of them. Apps are given addresses made of it, and their library
 * throws on one that is none. (Functions host: Kestrel answers such requests with 400.)
 */
export function hasUsableHost({ rawHeaders }: IncomingMessage): boolean {
  const isHost = (_: string, index: number) =>
    index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host'
  const [host = '', second] = rawHeaders.filter(isHost)
  if (second !== undefined) return false
  return host === '' || (!/[\s@/\\?#]/.test(host) && URL.canParse(`http://${host}`))
}

/** Splits the request's target. A target with a scheme loses it; dot segments are resolved as the host does. */
export function parseTarget(request: IncomingMessage): RequestTarget {
  const raw = request.url ?? '/'
  const target = raw.startsWith('/') && !raw.includes('/.') && !/%2e/i.test(raw) ? raw : normalizeTarget(raw)
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, search: '' } : { path: target.slice(0, mark), search: target.slice(mark) }
}

function normalizeTarget(raw: string): string {
  // A relative target that begins with two slashes would be taken for an authority.
  const text = raw.startsWith('/') ? `http://localhost${raw}` : raw
  if (!URL.canParse(text)) return '/'
  const { pathname, search } = new URL(text)
  return `${pathname}${search}`
}

/** The path with its escapes resolved once; `%2F` stays, as it is not a separator, and so does what is not UTF-8. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/(?:%(?!2f)[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}

/** One value per query key as the host sees it: keys compare ignoring case and keep their first spelling. */
export function readQuery(
  search: string,
  combine: (earlier: string, later: string) => string,
): Map<string, string> {
  const values = new Map<string, string>()
  if (search.length < 2) return values
  const spelling = new Map<string, string>()
  for (const [key, value] of new URLSearchParams(search)) {
    const name = spelling.get(key.toLowerCase()) ?? key
    spelling.set(key.toLowerCase(), name)
    const earlier = values.get(name)
    values.set(name, earlier === undefined ? value : combine(earlier, value))
  }
  return values
}

/** Headers by lower-case name; several of one name are joined with a comma. */
export function readHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  const { rawHeaders } = request
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const earlier = headers[name]
    headers[name] = earlier === undefined ? value : `${earlier},${value}`
  }
  return headers
}
