import { AgentError } from '../core/errors.js'
import { isDeeperThan, isJsonObject, type JsonValue, parseJson } from '../core/json.js'
import { createFieldError } from './request-errors.js'
import type { IncomingRequest } from './route.js'

/** A request's body: parsed when it is JSON, else text. */
export type Body =
  | { readonly kind: 'json'; readonly value: JsonValue }
  | { readonly kind: 'text'; readonly text: string }

/** How deep arrays and objects may be nested: much deeper ones exhaust the stack of whatever writes, checks or compares them. */
const maxDepth = 200

/**
 * Reads a body once, up to a limit.
 * Security: with HTTP streaming on, the Functions host builds the app's view of the headers from the body and the query
 * too, so a key `Headers` in them replaces every real header, the content type and the caller's identity among them. Routes do
 * not go by that view (`src/app/forwarded-requests.ts`); still such bodies are refused whatever their type claims to be, as they can
 * only be meant so. {@link refuseHeaderQuery} does the same for the query.
 * @throws {AgentError} `payload_too_large`, `unsupported_media_type` for text that is not UTF-8, or `invalid_request`.
 */
export async function readBody(request: IncomingRequest, maxBytes: number): Promise<Body> {
  return parseBody(decode(await readBytes(request, maxBytes)), request)
}

/** Reads the body of a request that takes nothing but JSON. @throws {AgentError} `invalid_request` for another content type; as {@link readBody}. */
export async function readJsonBody(request: IncomingRequest, maxBytes: number): Promise<JsonValue> {
  return requireJson(await readBody(request, maxBytes))
}

function requireJson(body: Body): JsonValue {
  if (body.kind === 'json') return body.value
  throw createFieldError('Content-Type', 'must be application/json')
}

/**
 * Reads the body of a request that takes JSON or nothing; `undefined` when it is empty.
 * @throws {AgentError} as {@link readJsonBody}.
 */
export async function readOptionalJsonBody(
  request: IncomingRequest,
  maxBytes: number,
): Promise<JsonValue | undefined> {
  const text = decode(await readBytes(request, maxBytes))
  return text.trim() === '' ? undefined : requireJson(parseBody(text, request))
}

/**
 * Reads the body of a request that needs none. It may be empty whatever its type claims to be: many clients name one with
 * every request. @throws {AgentError} as {@link readBody}.
 */
export async function passBody(request: IncomingRequest, maxBytes: number): Promise<void> {
  const text = decode(await readBytes(request, maxBytes))
  if (text.trim() !== '') parseBody(text, request)
}

function parseBody(text: string, request: IncomingRequest): Body {
  const isJson = isJsonType(request.headers.get('content-type'))
  const value = isJson || text.trimStart().startsWith('{') ? parseJson(text) : undefined
  refuseHeaderKeys(value)
  if (!isJson) return { kind: 'text', text }
  if (value === undefined) throw createFieldError('body', 'is not valid JSON')
  refuseDepth(value)
  return { kind: 'json', value }
}

/** Refuses a query that would replace the request's headers; see {@link readBody}. @throws {AgentError} `invalid_request`. */
export function refuseHeaderQuery(query: URLSearchParams): void {
  for (const name of query.keys()) {
    if (name.toLowerCase() === 'headers') throw createFieldError(name, 'is not allowed as a query parameter')
  }
}

function refuseHeaderKeys(value: JsonValue | undefined): void {
  if (!isJsonObject(value)) return
  for (const name of Object.keys(value)) {
    if (name.toLowerCase() === 'headers') throw createFieldError(name, 'is not allowed in a body')
  }
}

function refuseDepth(value: JsonValue): void {
  if (!isDeeperThan(value, maxDepth)) return
  const members = isJsonObject(value) ? Object.entries(value) : []
  const [name] = members.find(([, member = null]) => isDeeperThan(member, maxDepth - 1)) ?? ['body']
  throw createFieldError(name, `makes the body nest deeper than ${maxDepth} levels`)
}

function isJsonType(contentType: string | null): boolean {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  return type === 'application/json' || type.endsWith('+json')
}

/** What is too large is read to its end all the same: breaking off would lose the answer and jam the connection. */
async function readBytes(request: IncomingRequest, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size <= maxBytes) chunks.push(chunk)
  }
  if (size > maxBytes) throw new AgentError('payload_too_large', `body: must have at most ${maxBytes} bytes`)
  const [first] = chunks
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
}

/** Keeps nothing between two bodies, since each is given to it as a whole (WHATWG Encoding, `decode` without `stream`). */
const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new AgentError('unsupported_media_type', 'body: must be UTF-8 text', { cause })
  }
}
