import { resolve } from 'node:path'
import { AgentError } from '../core/errors.js'
import { parseOptions } from './parse-options.js'

/** The verb's arguments, checked. */
export interface StartArgs {
  readonly root: string
  readonly entry: string | undefined
  readonly port: number | undefined
  readonly address: string | undefined
  readonly data: string | undefined
  readonly leaseMs: number
  readonly cors: string | undefined
  readonly corsCredentials: boolean | undefined
  readonly streamIdleMs: number | undefined
  readonly enableAuth: boolean
  readonly watch: boolean
}

/** Environment variables by name, as in `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>

/** The options as `parseArgs` wants them. */
const startOptions = {
  port: { type: 'string', short: 'p' },
  address: { type: 'string' },
  root: { type: 'string' },
  data: { type: 'string' },
  'lease-ms': { type: 'string' },
  cors: { type: 'string' },
  'cors-credentials': { type: 'boolean' },
  'stream-idle-ms': { type: 'string' },
  'enable-auth': { type: 'boolean' },
  watch: { type: 'boolean' },
} as const

/** Parses the verb's arguments. @throws {AgentError} naming the one that is wrong. */
export function parseStartArgs(args: readonly string[], env: Environment = process.env): StartArgs {
  refuseKeptByNpm(args, env)
  const { values, positionals } = parseOptions(args, startOptions)
  if (positionals.length > 1) {
    throw new AgentError(
      'invalid_configuration',
      `start takes one entry, not ${positionals.length}: ${positionals.join(' ')}`,
    )
  }
  for (const name of ['root', 'data', 'address'] as const) refuseEmpty(`--${name}`, values[name])
  return {
    root: resolve(values.root ?? '.'),
    entry: positionals[0],
    port: values.port === undefined ? undefined : parseInteger('--port', values.port, 0, 65_535),
    address: values.address,
    data: values.data,
    leaseMs: parseInteger('--lease-ms', values['lease-ms'] ?? '5000', 100, 3_600_000),
    cors: values.cors,
    corsCredentials: values['cors-credentials'],
    enableAuth: values['enable-auth'] ?? false,
    watch: values.watch ?? false,
    streamIdleMs:
      values['stream-idle-ms'] === undefined
        ? undefined
        : parseInteger('--stream-idle-ms', values['stream-idle-ms'], 1, 86_400_000),
  }
}

/** `npm start --port 7080`: npm takes the option for its own setting and passes on the rest, which would mean something else. */
function refuseKeptByNpm(args: readonly string[], env: Environment): void {
  if (env.npm_lifecycle_event !== 'start') return
  const isKept = (name: string) => `npm_config_${name.replaceAll('-', '_')}` in env
  // One that is given here all the same was npm's in a script around this one.
  const isGiven = (name: string) => args.some((arg) => arg.split('=', 1)[0] === `--${name}`)
  const kept = Object.keys(startOptions).find((name) => isKept(name) && !isGiven(name))
  if (kept === undefined) return
  const message = `npm has kept --${kept} for itself. Put two dashes before the options: npm start -- --${kept} …`
  throw new AgentError('invalid_configuration', message)
}

/** Empty is what a shell makes of a variable that is not set; as a path it would mean the app's own folder. @throws {AgentError} naming the option. */
export function refuseEmpty(name: string, text: string | undefined): void {
  if (text === undefined || text.trim() !== '') return
  throw new AgentError('invalid_configuration', `${name} must not be empty: give it a value or leave it out.`)
}

function parseInteger(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    const message = `${name} must be a whole number from ${least} to ${most}, not '${text}'.`
    throw new AgentError('invalid_configuration', message)
  }
  return value
}
