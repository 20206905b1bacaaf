import { resolve } from 'node:path'
import { AgentError } from '../../core/errors.js'
import { parseOptions } from '../parse-options.js'
import { refuseEmpty } from '../start-args.js'

/** The verb's arguments, checked. */
export interface DoctorArgs {
  readonly root: string
  /** A file or a folder, instead of package.json's `main`. */
  readonly entry: string | undefined
  /** Where `start` keeps durable state. */
  readonly data: string | undefined
  /** Whether to ask over the network. */
  readonly online: boolean
  /** Whether the findings are wanted as data. */
  readonly json: boolean
}

/** The options as `parseArgs` wants them. */
const doctorOptions = {
  root: { type: 'string' },
  data: { type: 'string' },
  online: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** Parses the verb's arguments. @throws {AgentError} naming the one that is wrong. */
export function parseDoctorArgs(args: readonly string[]): DoctorArgs {
  const { values, positionals } = parseOptions(args, doctorOptions)
  if (positionals.length > 1) {
    const message = `doctor takes one entry, not ${positionals.length}: ${positionals.join(' ')}`
    throw new AgentError('invalid_configuration', message)
  }
  for (const name of ['root', 'data'] as const) refuseEmpty(`--${name}`, values[name])
  const { root = '.', data, online = false, json = false } = values
  return { root: resolve(root), entry: positionals[0], data, online, json }
}
