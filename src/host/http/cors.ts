import type { IncomingMessage, ServerResponse } from 'node:http'
import { AgentError } from '../../core/errors.js'
import { writeEmpty } from './write-response.js'

/** Sets CORS headers; true when the request was a pre-flight and has been answered. */
export type CorsPolicy = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * The local CORS policy (Functions command line: `Host.CORS`): origins exactly as listed, any method, any header.
 * @throws {AgentError} for `*` together with credentials.
 */
export function createCorsPolicy(origins: string, withCredentials: boolean): CorsPolicy {
  const listed = new Set(origins.split(',').map((origin) => origin.trim()))
  const isAny = listed.has('*')
  if (isAny && withCredentials) {
    const message =
      "CORS origins '*' cannot be combined with CORS credentials: list the origins that may send them."
    throw new AgentError('invalid_configuration', message)
  }
  return (request, response) => {
    const { origin } = request.headers
    if (origin === undefined) return false
    const requestedMethod = request.headers['access-control-request-method']
    const isPreflight = request.method === 'OPTIONS' && requestedMethod !== undefined
    if (isAny || listed.has(origin)) {
      response.setHeader('access-control-allow-origin', isAny ? '*' : origin)
      if (!isAny) response.setHeader('vary', 'Origin')
      if (withCredentials) response.setHeader('access-control-allow-credentials', 'true')
      if (isPreflight) allowRequested(request, response, requestedMethod)
    }
    if (isPreflight) writeEmpty(response, 204)
    return isPreflight
  }
}

function allowRequested(request: IncomingMessage, response: ServerResponse, method: string): void {
  response.setHeader('access-control-allow-methods', method)
  const headers = request.headers['access-control-request-headers']
  if (headers !== undefined) response.setHeader('access-control-allow-headers', headers)
}
