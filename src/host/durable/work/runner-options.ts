import type { FunctionDefinition, FunctionInvoker } from '../../functions.js'
import type { HubParts } from '../hub/hub-parts.js'
import type { WorkDispatcher } from './work-dispatcher.js'

/** What it takes to run the functions of one kind: entities, activities or orchestrations. */
export interface RunnerOptions extends HubParts {
  readonly dispatcher: WorkDispatcher
  readonly invoker: FunctionInvoker
  /** Those that this process has, by lower-case name. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>
  /** How many may run at a time. */
  readonly maxConcurrent: number
}
