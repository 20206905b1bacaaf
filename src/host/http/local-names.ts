import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const usual = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i

/**
 * Whether a request, whose `Host` header is usable, names a machine in a way that no page of the web can: by an address, by a name
 * without a full stop, or by one below `localhost` or `internal`, such as `host.docker.internal`.
 * Security: the owner of any other name can let it lead to this machine once a browser has its page, which then is of the same
 * origin as whatever listens here without a key (DNS rebinding).
 */
export function hasLocalName({ headers: { host = '' } }: IncomingMessage): boolean {
  if (host === '' || usual.test(host)) return true
  const name = new URL(`http://${host}`).hostname.replace(/\.$/, '')
  return (
    isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.') || /\.(?:localhost|internal)$/.test(name)
  )
}

/** Whether an address to listen on is this machine's alone. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\./.test(address)
}
