import { checkList, checkOptions, type OptionNames } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import type { Schema, SchemaOutput } from '../../core/schema.js'
import type { NodeContext } from './node-context.js'
import type { AnyNode, Fits, InputOf, OutputOf } from './node-types.js'
import { toNode } from './nodes.js'
import { validateWorkflow } from './validate-workflow.js'
import type {
  BranchEdge,
  Condition,
  WorkflowDefinition,
  WorkflowEdge,
  WorkflowNode,
} from './workflow-definition.js'

export interface WorkflowBuilderOptions<Start extends AnyNode, Input extends Schema> {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and function names. */
  readonly name: string
  readonly description?: string | undefined
  /** The node that gets the workflow's input, or several that all get it. */
  readonly start: Start | readonly Start[]
  /** What the workflow may be started with; other requests are refused. @default anything */
  readonly input?: (Input & Fits<SchemaOutput<Input>, Start>) | undefined
  /** Most steps of one run; it then fails with `max_steps_exceeded`. @default 100 */
  readonly maxIterations?: number | undefined
}

export interface EdgeOptions<Output> {
  /** Whether an output goes this way. Runs in the orchestrator: it must be pure. @default always */
  readonly when?: ((output: Output, context: NodeContext) => boolean) | undefined
}

const builderOptions: OptionNames<WorkflowBuilderOptions<AnyNode, Schema>> = {
  name: true,
  description: true,
  start: true,
  input: true,
  maxIterations: true,
}

const edgeOptions: OptionNames<EdgeOptions<unknown>> = { when: true }

/** One way out of a branch. */
export interface BranchCase<Output, To extends AnyNode> {
  /** Runs in the orchestrator: it must be pure. */
  readonly when: (output: Output, context: NodeContext) => boolean
  readonly to: To & Fits<Output, To>
}

const caseOptions: OptionNames<BranchCase<unknown, AnyNode>> = { when: true, to: true }

/**
 * Puts a workflow together from nodes and edges. Where TypeScript can tell, an edge is only allowed where the first
 * node's output fits the second one's input. Agents can stand for nodes that take and give text.
 *
 * @example
 * const workflow = new WorkflowBuilder({ name: 'Mail', start: classify })
 *   .edge(classify, reply, { when: ({ spam }) => !spam })
 *   .build()
 */
export class WorkflowBuilder<Start extends AnyNode, Input extends Schema = Schema, Output = unknown> {
  readonly #options: WorkflowBuilderOptions<Start, Input>
  readonly #nodes = new Map<string, WorkflowNode>()
  readonly #edges: WorkflowEdge[] = []
  readonly #start: readonly string[]
  #outputs: readonly string[] | undefined

  /** @throws {AgentError} `invalid_configuration` when two nodes share an id, or naming an option that there is not. */
  constructor(options: WorkflowBuilderOptions<Start, Input>) {
    checkOptions('WorkflowBuilder', options, builderOptions)
    this.#options = options
    const { start } = options
    this.#start = (Array.isArray(start) ? start : [start]).map((node: AnyNode) => this.#add(node))
  }

  /** Carries the outputs of one node to another. Several edges from one node fan out: each gets the output. */
  edge<From extends AnyNode, To extends AnyNode>(
    from: From,
    to: To & Fits<OutputOf<From>, To>,
    options: EdgeOptions<OutputOf<From>> = {},
  ): this {
    checkOptions('An edge', options, edgeOptions)
    return this.#connect({
      kind: 'edge',
      from: this.#add(from),
      to: this.#add(to),
      when: options.when as Condition | undefined,
    })
  }

  /** Carries the outputs of one node to several, which then run at the same time. */
  fanOut<From extends AnyNode, const Targets extends readonly AnyNode[]>(
    from: From,
    to: { readonly [Index in keyof Targets]: Targets[Index] & Fits<OutputOf<From>, Targets[Index]> },
  ): this {
    checkList('What is fanned out to', to)
    for (const target of to as readonly AnyNode[])
      this.#connect({ kind: 'edge', from: this.#add(from), to: this.#add(target) })
    return this
  }

  /** Waits until each of several nodes has given an output, and carries them on as one list, in the order named here. */
  fanIn<const From extends readonly AnyNode[], To extends AnyNode>(
    from: From,
    to: To & Fits<{ readonly [Index in keyof From]: OutputOf<From[Index]> }, To>,
  ): this {
    checkList('What is fanned in', from)
    return this.#connect({ kind: 'join', from: from.map((source) => this.#add(source)), to: this.#add(to) })
  }

  /** Carries each output of a node to the first node whose condition holds; without any, to `otherwise`, or nowhere. */
  branch<From extends AnyNode, const Targets extends readonly AnyNode[], Otherwise extends AnyNode = never>(
    from: From,
    cases: { readonly [Index in keyof Targets]: BranchCase<OutputOf<From>, Targets[Index]> },
    otherwise?: Otherwise & Fits<OutputOf<From>, Otherwise>,
  ): this {
    checkList('The cases of a branch', cases)
    return this.#connect({
      kind: 'branch',
      from: this.#add(from),
      cases: (cases as readonly BranchCase<OutputOf<From>, AnyNode>[]).map((one) => this.#toCase(one)),
      otherwise: otherwise === undefined ? undefined : this.#add(otherwise),
    })
  }

  /** Says whose outputs are the workflow's, instead of all that no edge takes on. */
  output<const Nodes extends readonly AnyNode[]>(
    ...nodes: Nodes
  ): WorkflowBuilder<Start, Input, OutputOf<Nodes[number]>> {
    this.#outputs = nodes.map((node) => this.#add(node))
    return this as unknown as WorkflowBuilder<Start, Input, OutputOf<Nodes[number]>>
  }

  /** The workflow, checked. @throws {AgentError} `invalid_configuration` naming the node that is wrong. */
  build(): WorkflowDefinition<InputOf<Start>, Output> {
    const { name, description, input, maxIterations = 100 } = this.#options
    const definition: WorkflowDefinition<InputOf<Start>, Output> = {
      name,
      description,
      input,
      start: this.#start,
      nodes: [...this.#nodes.values()],
      edges: [...this.#edges],
      outputs: this.#outputs,
      maxIterations,
    }
    validateWorkflow(definition)
    return definition
  }

  #connect(edge: WorkflowEdge): this {
    this.#edges.push(edge)
    return this
  }

  #toCase<Output>(one: BranchCase<Output, AnyNode>): BranchEdge['cases'][number] {
    checkOptions('A case of a branch', one, caseOptions)
    return { when: one.when as Condition, to: this.#add(one.to) }
  }

  #add(given: AnyNode): string {
    const node = toNode(given)
    const known = this.#nodes.get(node.id)
    if (known === undefined) this.#nodes.set(node.id, node)
    else if (known !== node && !isSameAgent(known, given)) {
      throw new AgentError(
        'invalid_configuration',
        `Workflow "${this.#options.name}": two nodes have the id "${node.id}".`,
      )
    }
    return node.id
  }
}

/** An agent that stands for a node may be named again and again. */
function isSameAgent({ spec }: WorkflowNode, given: AnyNode): boolean {
  return !('spec' in given) && spec.kind === 'agent' && spec.agent === given
}
