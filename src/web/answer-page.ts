import { type PageFile, type PageFiles, readPageFiles } from './page-files.js'

/** What a browser gets, as `@azure/functions` takes it. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

/** What of a request decides which answer it gets. */
export interface PageRequest {
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/**
 * Security: nothing runs but the page's own modules, from where the page is from; nothing of a text is ever made HTML or
 * code of (`require-trusted-types-for`), no other site frames the page, and none is told where a link was clicked.
 */
const pageGuards = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/** Security: what is served is what it says to be, and for this site's pages only. */
const guards = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }

let files: PageFiles | undefined

/** Read once, when the page is first asked for: an app that nobody chats with starts no slower. */
function getFiles(): PageFiles {
  files ??= readPageFiles()
  return files
}

/** Answers `GET chat`: the page. @throws {AgentError} `invalid_configuration` when it is not there. */
export function answerPage(request: PageRequest): PageAnswer {
  const { pathname, search } = new URL(request.url)
  // Below it, what the page names relative to itself would be elsewhere.
  if (pathname.endsWith('/')) {
    return { status: 308, headers: { ...guards, location: `../chat${search}`, 'cache-control': 'no-store' } }
  }
  const { page, version } = getFiles()
  const etag = `"${version}"`
  const headers = { ...guards, ...pageGuards, etag, 'cache-control': 'no-cache' }
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers }
  return toAnswer(page, request, headers)
}

/** Answers what is below `chat/`: what the page loads. Its paths change with it, so that it may be kept for good. */
export function answerAsset(path: string, request: PageRequest): PageAnswer {
  const file = getFiles().assets.get(path)
  if (file === undefined) {
    return {
      status: 404,
      headers: { ...guards, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
      body: 'Not found',
    }
  }
  return toAnswer(file, request, { ...guards, 'cache-control': 'public, max-age=31536000, immutable' })
}

function toAnswer(
  { contentType, body, gzipped }: PageFile,
  request: PageRequest,
  more: Readonly<Record<string, string>>,
): PageAnswer {
  const headers = { ...more, 'content-type': contentType, vary: 'accept-encoding' }
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    request.headers.get('accept-encoding') ?? '',
  )
  if (!takesGzip) return { status: 200, headers, body }
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipped }
}
