import { AgentError } from '../core/errors.js'

/**
 * Parses the address of a model server.
 * Security: keys are sent there, so `secure` refuses plain http to any host but this machine. The message of the error
 * does not repeat the address, which may hold a password.
 * @throws {AgentError} `invalid_configuration` naming `setting`.
 */
export function parseEndpoint(text: string, setting: string, { secure }: { readonly secure: boolean }): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new AgentError('invalid_configuration', `${setting} must be a URL such as https://example.com/.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new AgentError('invalid_configuration', `${setting} must not hold a user name or password.`)
  }
  if (secure && url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw new AgentError('invalid_configuration', `${setting} must begin with https://.`)
  }
  return url
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
