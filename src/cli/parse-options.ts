import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { AgentError, toErrorMessage } from '../core/errors.js'

/** A verb's options and what stands beside them. @throws {AgentError} `invalid_configuration` naming the option that is none, or lacks its value. */
export function parseOptions<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (cause) {
    // After a misspelt option Node goes on about arguments that begin with a dash.
    const message = toErrorMessage(cause).replace(
      / To specify a positional argument.*$/s,
      ' "durable-agents --help" lists them all.',
    )
    throw new AgentError('invalid_configuration', message, { cause })
  }
}
