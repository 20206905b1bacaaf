import { AgentError } from '../../../core/errors.js'
import type { Schema } from '../../../core/schema.js'

/** What all patterns take. */
export interface PatternOptions {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and function names. */
  readonly name: string
  readonly description?: string | undefined
  /** What the workflow may be started with; other requests are refused. @default anything */
  readonly input?: Schema | undefined
}

/**
 * The part of a definition that comes from the options alone, of which a pattern has taken out its own.
 * @throws {AgentError} `invalid_configuration` naming an option that there is not.
 */
export function toSettings({ name, description, input, ...others }: PatternOptions, maxIterations: number) {
  const [strange] = Object.keys(others)
  if (strange !== undefined)
    throw new AgentError('invalid_configuration', `Workflow "${name}" has no option "${strange}".`)
  return { name, description, input, maxIterations } as const
}
