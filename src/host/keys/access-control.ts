import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FunctionDefinition } from '../functions.js'
import { readQuery } from '../http/request-url.js'
import type { AppKeys } from './app-keys.js'
import type { NamedKey } from './secret-files.js'

/** One request as far as keys are concerned. */
export interface KeyedRequest {
  readonly headers: IncomingMessage['headers']
  /** The query with its `?`. */
  readonly search: string
}

/** Decides by key who may do what (Functions host: authorization levels). */
export interface AccessControl {
  /** Whether the key opens an HTTP function: for `anonymous` none is needed, for `admin` only the master key does. */
  opensFunction(request: KeyedRequest, definition: FunctionDefinition): boolean
  /** Whether the key opens what an extension answers under `/runtime/webhooks`. */
  opensExtension(request: KeyedRequest, extension: string): boolean
  /** Whether it is the master key. */
  opensAdmin(request: KeyedRequest): boolean
  /** What the endpoints of the host and of extensions say to a key that does not open them: 403 to one of the app. */
  toRefusal(request: KeyedRequest): 401 | 403
}

/** Checks keys against those of the app; the master key opens everything. */
export function createAccessControl(keys: AppKeys): AccessControl {
  const opensAdmin = (request: KeyedRequest): boolean => isOneOf(readKey(request), [keys.host.master.value])
  return {
    opensAdmin,
    toRefusal: (request) => {
      const { functionKeys, systemKeys } = keys.host
      const known = [...functionKeys, ...systemKeys].map(({ value }) => value)
      return isOneOf(readKey(request), known) ? 403 : 401
    },
    opensExtension: (request, extension) =>
      isOneOf(readKey(request), [keys.ofExtension(extension)]) || opensAdmin(request),
    opensFunction: (request, { name, trigger }) => {
      const level = String(trigger.authLevel ?? 'function').toLowerCase()
      if (level === 'anonymous') return true
      if (level !== 'admin' && isOneOf(readKey(request), toValues(keys, name))) return true
      return opensAdmin(request)
    },
  }
}

function toValues(keys: AppKeys, functionName: string): readonly string[] {
  const opening: readonly NamedKey[] = [...keys.ofFunction(functionName), ...keys.host.functionKeys]
  return opening.map(({ value }) => value)
}

/** The header wins over the query. */
function readKey({ headers, search }: KeyedRequest): string | undefined {
  const header = headers['x-functions-key']
  if (typeof header === 'string' && header !== '') return header
  const query = readQuery(search, (earlier) => earlier)
  return [...query].find(([name]) => name.toLowerCase() === 'code')?.[1]
}

/** Security: takes the same time wherever a wrong key differs. */
function isOneOf(given: string | undefined, values: readonly string[]): boolean {
  if (given === undefined) return false
  const digest = toDigest(given)
  return values.map((value) => timingSafeEqual(digest, toDigest(value))).includes(true)
}

function toDigest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
