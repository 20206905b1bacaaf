import { AgentError } from '../../core/errors.js'

/** Which numbers a setting may have. */
export interface CountRange {
  /** @default 1 */
  readonly least?: number
  /** @default any that is exact */
  readonly most?: number
  /** The number by which the setting says that there is no limit; it counts as an absent one. @default there is none */
  readonly unlimited?: number
}

/**
 * A member of host.json that counts something, a number or the text of one; undefined when it is absent.
 * @param name for the message, e.g. `extensions.queues.batchSize`
 * @throws {AgentError} `invalid_configuration`, naming the member and its value.
 */
export function parseCountSetting(name: string, value: unknown, range: CountRange = {}): number | undefined {
  if (value === undefined || value === null) return undefined
  const { least = 1, most = Number.MAX_SAFE_INTEGER, unlimited } = range
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  const isCount = typeof count === 'number' && Number.isSafeInteger(count)
  if (isCount && count === unlimited) return undefined
  if (isCount && count >= least && count <= most) return count
  const message = `host.json ${name} must be a whole number ${toText({ least, most, unlimited })}, not ${JSON.stringify(value)}.`
  throw new AgentError('invalid_configuration', message)
}

function toText({ least, most, unlimited }: CountRange): string {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  return unlimited === undefined ? range : `${range}, or ${unlimited} for no limit`
}
