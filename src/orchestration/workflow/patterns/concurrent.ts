import { checkList, checkOptions, type OptionNames } from '../../../core/check-options.js'
import type { FunctionContext } from '../node-context.js'
import type { AnyNode, InputOf, OutputOf } from '../node-types.js'
import { functionNode, toNode, transformNode } from '../nodes.js'
import { validateWorkflow } from '../validate-workflow.js'
import type { WorkflowDefinition } from '../workflow-definition.js'
import { type PatternOptions, patternOptions, toSettings } from './pattern-options.js'

type OutputsOf<Workers extends readonly AnyNode[]> = {
  readonly [Index in keyof Workers]: OutputOf<Workers[Index]>
}

export interface ConcurrentOptions<Workers extends readonly AnyNode[], Output> extends PatternOptions {
  /** At least two; each gets the workflow's input. */
  readonly workers: Workers
  /** Makes one output of those of the workers, which come in their order. Runs as an activity. @default the list itself */
  readonly aggregate?:
    | ((outputs: OutputsOf<Workers>, context: FunctionContext) => Output | Promise<Output>)
    | undefined
}

const concurrentOptions: OptionNames<ConcurrentOptions<readonly AnyNode[], unknown>> = {
  ...patternOptions,
  workers: true,
  aggregate: true,
}

/** Several nodes work on the same input at the same time. @throws {AgentError} `invalid_configuration` naming the option that is wrong. */
export function concurrent<const Workers extends readonly AnyNode[], Output = OutputsOf<Workers>>(
  options: ConcurrentOptions<Workers, Output>,
): WorkflowDefinition<InputOf<Workers[number]>, Output> {
  checkOptions('concurrent', options, concurrentOptions)
  const { workers, aggregate } = options
  checkList('workers of concurrent', workers)
  const nodes = workers.map(toNode)
  const last =
    aggregate === undefined
      ? transformNode('aggregate', (outputs: OutputsOf<Workers>) => outputs)
      : functionNode('aggregate', aggregate)
  const start = nodes.map(({ id }) => id)
  const definition: WorkflowDefinition<InputOf<Workers[number]>, Output> = {
    ...toSettings(options, 2),
    start,
    nodes: [...nodes, last],
    edges: [{ kind: 'join', from: start, to: last.id }],
  }
  validateWorkflow(definition)
  return definition
}
