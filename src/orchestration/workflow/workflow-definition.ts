import type { Schema } from '../../core/schema.js'
import type { NodeContext, WorkflowNode } from './workflow-node.js'

/** Decides whether a message goes along an edge. Runs in the orchestrator: it must be pure. */
export type Condition = (output: unknown, context: NodeContext) => boolean

/** Carries each output of `from` to `to`, if the condition holds. */
export interface PlainEdge {
  readonly kind: 'edge'
  readonly from: string
  readonly to: string
  readonly when?: Condition | undefined
}

/** Carries each output of `from` to the first of several nodes whose condition holds. */
export interface BranchEdge {
  readonly kind: 'branch'
  readonly from: string
  readonly cases: readonly { readonly when: Condition; readonly to: string }[]
  /** Where it goes when no condition holds. */
  readonly otherwise?: string | undefined
}

/** Waits for an output of each of `from`, and carries them to `to` as one list in that order. */
export interface JoinEdge {
  readonly kind: 'join'
  readonly from: readonly string[]
  readonly to: string
}

export type WorkflowEdge = PlainEdge | BranchEdge | JoinEdge

/**
 * A workflow: nodes, and edges along which their outputs travel. It proceeds in steps: all nodes that have messages run
 * at once, then their outputs move on. An output that no edge takes on is an output of the workflow.
 */
export interface WorkflowDefinition<in Input = never, out Output = unknown> {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and function names. */
  readonly name: string
  readonly description?: string | undefined
  /** What it may be started with; anything when absent. */
  readonly input?: Schema | undefined
  /** The nodes that get the workflow's input. */
  readonly start: readonly string[]
  readonly nodes: readonly WorkflowNode[]
  readonly edges: readonly WorkflowEdge[]
  /** The nodes whose outputs are the workflow's; when absent, whatever no edge takes on. */
  readonly outputs?: readonly string[] | undefined
  /** Most steps of one run. */
  readonly maxIterations: number
  /** For the type checker alone; never set. */
  readonly types?: { readonly input: (input: Input) => void; readonly output: Output }
}

/** A node by its id. @throws {RangeError} when there is none, which validation rules out. */
export function findNode({ name, nodes }: WorkflowDefinition, id: string): WorkflowNode {
  const node = nodes.find((one) => one.id === id)
  if (node === undefined) throw new RangeError(`Workflow "${name}" has no node "${id}".`)
  return node
}

/** A definition, then all that are nested in it, each once. */
export function toNestedWorkflows(
  definition: WorkflowDefinition,
  known: Set<WorkflowDefinition> = new Set(),
): ReadonlySet<WorkflowDefinition> {
  if (known.has(definition)) return known
  known.add(definition)
  for (const { spec } of definition.nodes)
    if (spec.kind === 'workflow') toNestedWorkflows(spec.workflow, known)
  return known
}
