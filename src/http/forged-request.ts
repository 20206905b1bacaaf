import { AgentError } from '../core/errors.js'
import type { IncomingRequest } from './route.js'

/** The content types that a page may have a browser send to another site without asking that site first (Fetch, "CORS-safelisted request-header"). */
const formTypes = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']

/**
 * Refuses what a page of another site may have had a browser send in its user's name: whoever is known by a cookie would do
 * what that page says. All other writes are sent only after the platform's CORS has admitted the page, or with a secret that
 * it would have to know. Browsers alone send `Sec-Fetch-Site`, and no page can change it. @throws {AgentError} `forbidden`.
 */
export function refuseForgedRequest({ method, headers }: Pick<IncomingRequest, 'method' | 'headers'>): void {
  if (method !== 'POST' || headers.get('sec-fetch-site') !== 'cross-site' || !headers.has('cookie')) return
  if (headers.has('authorization') || !isFormType(headers.get('content-type'))) return
  throw new AgentError(
    'forbidden',
    'A page of another site that sends cookies with a POST has to send Content-Type: application/json, so that its browser asks first.',
  )
}

function isFormType(type: string | null): boolean {
  return type === null || formTypes.includes(type.split(';')[0]?.trim().toLowerCase() ?? '')
}
