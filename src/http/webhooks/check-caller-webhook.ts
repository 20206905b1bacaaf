import { parseServerUrl } from '../../agent/parse-server-url.js'
import { createFieldError } from '../request-errors.js'
import type { Webhooks } from './webhook-options.js'

/** Longest address of a caller's webhook; characters. */
const longest = 2048

/**
 * Checks where a caller wants to be told of its run. Security: the app must not be made to send anything where its operator does
 * not want it, such as into a network behind it, or readable on its way.
 * @throws {AgentError} `invalid_request` naming the field.
 */
export function checkCallerWebhook(
  text: string,
  webhooks: Pick<Webhooks, 'callerHosts'> | undefined,
  field: string,
): string {
  const url = text.length > longest ? undefined : parseServerUrl(text)
  if (url === undefined) {
    const rule = `must be a URL of up to ${longest} characters, without a user name or a password`
    throw createFieldError(field, rule)
  }
  if (webhooks === undefined || !isCallerHost(url, webhooks)) {
    throw createFieldError(field, 'names a host to which this app sends no news of runs')
  }
  if (url.protocol !== 'https:' && !isLoopback(url)) throw createFieldError(field, 'must be an https URL')
  return url.href
}

/** Whether callers may have this host told. */
export function isCallerHost({ host }: URL, { callerHosts }: Pick<Webhooks, 'callerHosts'>): boolean {
  return callerHosts.some((allowed) => allowed.toLowerCase() === host)
}

function isLoopback({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
