import { checkList, checkOptions, type OptionNames } from '../../../core/check-options.js'
import { AgentError } from '../../../core/errors.js'
import type { AnyNode, Fits, InputOf, OutputOf } from '../node-types.js'
import { toNode } from '../nodes.js'
import { validateWorkflow } from '../validate-workflow.js'
import type { WorkflowDefinition } from '../workflow-definition.js'
import { type PatternOptions, patternOptions, toSettings } from './pattern-options.js'

export interface SequentialOptions<Steps extends readonly [AnyNode, ...AnyNode[]]> extends PatternOptions {
  /** Each gets what the one before gave; the first the workflow's input. */
  readonly steps: Steps & Chain<Steps>
}

/** `unknown` where each node's output fits the next one's input. */
type Chain<Steps extends readonly AnyNode[]> = Steps extends readonly [
  infer First,
  infer Second extends AnyNode,
  ...infer Rest extends readonly AnyNode[],
]
  ? Fits<OutputOf<First>, Second> & Chain<readonly [Second, ...Rest]>
  : unknown

type LastOf<Steps extends readonly AnyNode[]> = Steps extends readonly [...AnyNode[], infer Last]
  ? Last
  : never

const sequentialOptions: OptionNames<SequentialOptions<readonly [AnyNode]>> = {
  ...patternOptions,
  steps: true,
}

/** One node after the other. @throws {AgentError} `invalid_configuration` naming the option that is wrong. */
export function sequential<const Steps extends readonly [AnyNode, ...AnyNode[]]>(
  options: SequentialOptions<Steps>,
): WorkflowDefinition<InputOf<Steps[0]>, OutputOf<LastOf<Steps>>> {
  checkOptions('sequential', options, sequentialOptions)
  const { steps } = options
  checkList('steps of sequential', steps)
  const nodes = (steps as readonly AnyNode[]).map(toNode)
  if (nodes.length === 0) {
    throw new AgentError('invalid_configuration', `Workflow "${options.name}" needs at least one step.`)
  }
  const ids = nodes.map(({ id }) => id)
  const definition: WorkflowDefinition<InputOf<Steps[0]>, OutputOf<LastOf<Steps>>> = {
    ...toSettings(options, nodes.length),
    start: ids.slice(0, 1),
    nodes,
    edges: ids.slice(1).map((to, index) => ({ kind: 'edge', from: ids[index] as string, to })),
  }
  validateWorkflow(definition)
  return definition
}
