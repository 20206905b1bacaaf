import { AgentError } from '../core/errors.js'

/**
 * A member of host.json that counts something, a number or the text of one; undefined when it is absent.
 * @param name for the message, e.g. `extensions.queues.batchSize`
 * @throws {AgentError} `invalid_configuration`, naming the member and its value.
 */
export function parseCountSetting(
  name: string,
  value: unknown,
  { least = 1, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number } = {},
): number | undefined {
  if (value === undefined || value === null) return undefined
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  const isCount = typeof count === 'number' && Number.isSafeInteger(count)
  if (isCount && count >= least && count <= most) return count
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  const message = `host.json ${name} must be a whole number ${range}, not ${JSON.stringify(value)}.`
  throw new AgentError('invalid_configuration', message)
}
