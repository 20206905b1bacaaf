import type { WorkflowDefinition, WorkflowNode } from './workflow-definition.js'

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
