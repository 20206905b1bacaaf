import type { OptionNames } from '../../../core/check-options.js'
import type { Schema } from '../../../core/schema.js'

/** What all patterns take. */
export interface PatternOptions {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and function names. */
  readonly name: string
  readonly description?: string | undefined
  /** What the workflow may be started with; other requests are refused. @default anything */
  readonly input?: Schema | undefined
}

export const patternOptions: OptionNames<PatternOptions> = { name: true, description: true, input: true }

/** The part of a definition that comes from the options alone. */
export function toSettings({ name, description, input }: PatternOptions, maxIterations: number) {
  return { name, description, input, maxIterations } as const
}
