import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Whether a page of another site, which CORS does not admit, has a browser change something here. It never reads the answer, but
 * what listens here without a key would do as it says. Browsers alone send the header, and no page can change it (Fetch
 * Metadata, `Sec-Fetch-Site`); another port of localhost is the same site.
 */
export function isCrossSiteWrite({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  if (headers['sec-fetch-site'] !== 'cross-site') return false
  const isRead = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  return !isRead && !response.hasHeader('access-control-allow-origin')
}
