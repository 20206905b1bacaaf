import { lookup as systemLookup } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { AgentError } from '../../core/errors.js'
import { isPublicAddress } from './public-address.js'

export interface OutboundOptions {
  /** Whether private and local addresses may be reached. */
  readonly allowPrivateNetwork: boolean
  /** How host names become addresses. @default the system's resolver */
  readonly lookup?: LookupFunction | undefined
}

/**
 * A `fetch` for http and https whose connections only lead to public addresses; else it throws `invalid_configuration`.
 * Security: the addresses are looked at where the connection is made, with the very answer of the resolver that is then
 * connected to; a name that changes its mind between check and use gains nothing. Redirects are returned, not followed.
 */
export function createOutboundFetch(options: OutboundOptions) {
  const { allowPrivateNetwork, lookup = systemLookup as LookupFunction } = options
  const guarded = allowPrivateNetwork ? lookup : toGuardedLookup(lookup)
  return async (input: string | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (!allowPrivateNetwork && isIP(host) !== 0 && !isPublicAddress(host)) throw toRefusal(host, host)
    const body = Buffer.from(await request.arrayBuffer())
    return toResponse(await send(url, request, body, guarded))
  }
}

/**
 * Each request has a connection of its own. One that was kept open may be closed by the server just when it is used
 * again, and nobody could say then whether a tool took effect.
 */
function send(
  url: URL,
  { method, headers, signal }: Request,
  body: Buffer,
  lookup: LookupFunction,
): Promise<IncomingMessage> {
  const options = { method, headers: Object.fromEntries(headers), lookup, signal, agent: false }
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'http:' ? requestHttp : requestHttps
    const outgoing = request(url, options, resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** A lookup that fails when any of a name's addresses is not public. */
function toGuardedLookup(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : []
      const [first] = addresses
      const refused = addresses.find(({ address }) => !isPublicAddress(address))
      if (error !== null || first === undefined) callback(error ?? new Error(`"${host}" has no address.`), '')
      else if (refused !== undefined) callback(toRefusal(host, refused.address), '')
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

function toRefusal(host: string, address: string): AgentError {
  const name = host === address ? `The address ${address}` : `"${host}" leads to ${address}, which`
  return new AgentError(
    'invalid_configuration',
    `${name} is not on the public internet, so it was not contacted. Set allowPrivateNetwork if it is meant.`,
  )
}

/** Statuses whose responses have no body (Fetch standard, null body status). */
const bodiless = new Set([101, 103, 204, 205, 304])

function toResponse(incoming: IncomingMessage): Response {
  const { statusCode: status = 502, statusMessage: statusText = '' } = incoming
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(incoming.headersDistinct))
    for (const value of values) headers.append(name, value)
  if (!bodiless.has(status))
    return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, {
      status,
      statusText,
      headers,
    })
  incoming.resume()
  return new Response(null, { status, statusText, headers })
}
