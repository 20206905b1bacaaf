import { AgentError } from '../../core/errors.js'
import { toJsonSchema } from '../../core/schema.js'
import { findNodeProblems } from './find-node-problems.js'
import type { WorkflowDefinition, WorkflowEdge, WorkflowNode } from './workflow-definition.js'

/** Checks what the type checker cannot. @throws {AgentError} `invalid_configuration` naming the workflow and the node. */
export function validateWorkflow(definition: WorkflowDefinition): void {
  const { name, description = '', input, nodes, edges, maxIterations } = definition
  const fail = (problem: string): never => {
    throw new AgentError('invalid_configuration', `Workflow "${name}": ${problem}.`)
  }
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) {
    fail('its name must be a letter followed by up to 62 letters, digits, "_" or "-"')
  }
  if (typeof description !== 'string') fail('its description must be a text')
  if (input !== undefined) toJsonSchema(input, `The input of workflow "${name}"`)
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    fail(`maxIterations must be a whole number of at least 1, not ${maxIterations}`)
  }
  for (const problem of [
    ...nodes.flatMap(findNodeProblems),
    ...findTwins(nodes),
    ...edges.flatMap((edge) => findEdgeProblems(edge)),
    ...findStrangers(definition),
    ...findUnreachable(definition),
  ]) {
    fail(problem)
  }
}

/** Function names ignore case, and ids become part of them. */
function findTwins(nodes: readonly WorkflowNode[]): readonly string[] {
  const ids = nodes.map(({ id }) => String(id).toLowerCase())
  const twins = nodes.filter((_node, index) => ids.indexOf(ids[index] ?? '') !== index)
  return twins.map(({ id }) => `two nodes have the id "${id}" (case does not count)`)
}

function findEdgeProblems(edge: WorkflowEdge): readonly string[] {
  switch (edge.kind) {
    case 'edge':
      return isFunction(edge.when ?? Boolean)
        ? []
        : [`when of the edge from node "${edge.from}" must be a function`]
    case 'branch':
      if (!edge.cases.every(({ when }) => isFunction(when)))
        return [`when of each case of the branch after node "${edge.from}" must be a function`]
      return edge.cases.length === 0 ? [`the branch after node "${edge.from}" has no cases`] : []
    case 'join':
      if (edge.from.length < 2) return [`the fan-in to node "${edge.to}" must have at least two sources`]
      if (new Set(edge.from).size < edge.from.length)
        return [`the fan-in to node "${edge.to}" names a source twice`]
      return []
  }
}

/** Only definitions that were not made by the builder can name nodes that do not exist. */
function findStrangers({ nodes, edges, start, outputs = [] }: WorkflowDefinition): readonly string[] {
  const known = new Set(nodes.map(({ id }) => id))
  const named = [...start, ...outputs, ...edges.flatMap((edge) => [...toSources(edge), ...toTargets(edge)])]
  const missing = named.filter((id) => !known.has(id)).map((id) => `there is no node "${id}"`)
  return start.length === 0 ? ['it has no node to start with', ...missing] : missing
}

function findUnreachable({ nodes, edges, start }: WorkflowDefinition): readonly string[] {
  const reached = new Set(start)
  let before = 0
  while (before < reached.size) {
    before = reached.size
    for (const edge of edges) {
      if (toSources(edge).some((id) => reached.has(id))) for (const id of toTargets(edge)) reached.add(id)
    }
  }
  return nodes
    .filter(({ id }) => !reached.has(id))
    .map(({ id }) => `no edge leads from the start to node "${id}"`)
}

function toSources(edge: WorkflowEdge): readonly string[] {
  return edge.kind === 'join' ? edge.from : [edge.from]
}

function toTargets(edge: WorkflowEdge): readonly string[] {
  if (edge.kind !== 'branch') return [edge.to]
  const targets = edge.cases.map(({ to }) => to)
  return edge.otherwise === undefined ? targets : [...targets, edge.otherwise]
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
