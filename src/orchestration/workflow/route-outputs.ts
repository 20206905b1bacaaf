import type { NodeContext } from './node-context.js'
import { callPure } from './node-failure.js'
import type { JoinEdge, WorkflowDefinition } from './workflow-definition.js'
import type { Message, WorkflowState } from './workflow-state.js'

/** An output that a node gave in a step. */
export interface NodeOutput {
  readonly node: string
  readonly output: unknown
}

type Joins = WorkflowState['joins']

/**
 * Sends the outputs of a step on their ways: the messages of the next step, what a fan-in has to keep, and the outputs
 * of the workflow. The order follows from the order of the outputs and of the edges alone.
 */
export function routeOutputs(
  definition: WorkflowDefinition,
  state: WorkflowState,
  outputs: readonly NodeOutput[],
): WorkflowState {
  const context: NodeContext = { state: state.shared, workflowInput: state.workflowInput }
  let joins = state.joins
  const messages: Message[] = []
  const results: unknown[] = []
  for (const given of outputs) {
    const targets = findTargets(definition, given, context)
    messages.push(...targets.map((to) => ({ to, input: given.output })))
    const waiting = definition.edges.flatMap((edge, index) =>
      edge.kind === 'join' && edge.from.includes(given.node) ? [{ edge, index }] : [],
    )
    for (const { edge, index } of waiting) joins = keepForJoin(joins, index, edge, given)
    if (isOutput(definition, given.node, targets.length + waiting.length)) results.push(given.output)
  }
  const joined = fireJoins(definition, joins)
  return {
    ...state,
    messages: [...messages, ...joined.messages],
    joins: joined.joins,
    outputs: [...state.outputs, ...results],
  }
}

function isOutput({ outputs }: WorkflowDefinition, node: string, ways: number): boolean {
  return outputs === undefined ? ways === 0 : outputs.includes(node)
}

function findTargets(
  { edges }: WorkflowDefinition,
  { node, output }: NodeOutput,
  context: NodeContext,
): readonly string[] {
  return edges.flatMap((edge) => {
    if (edge.kind === 'join' || edge.from !== node) return []
    if (edge.kind === 'edge') {
      const { when, to } = edge
      const isTaken =
        when === undefined ||
        callPure(node, `The condition of its edge to "${to}"`, () => when(output, context))
      return isTaken ? [to] : []
    }
    const taken = edge.cases.find(({ when, to }) =>
      callPure(node, `The condition of its branch to "${to}"`, () => when(output, context)),
    )
    return [taken?.to ?? edge.otherwise ?? []].flat()
  })
}

function keepForJoin(joins: Joins, index: number, edge: JoinEdge, { node, output }: NodeOutput): Joins {
  const kept = joins[index] ?? Object.fromEntries(edge.from.map((source) => [source, []]))
  return { ...joins, [index]: { ...kept, [node]: [...(kept[node] ?? []), output] } }
}

/** Carries on what is complete: one output of each source, the oldest first, as often as there are enough. */
function fireJoins(
  { edges }: WorkflowDefinition,
  joins: Joins,
): { joins: Joins; messages: readonly Message[] } {
  const messages: Message[] = []
  const rest: Record<string, { readonly [source: string]: readonly unknown[] }> = {}
  for (const [index, kept] of Object.entries(joins)) {
    const edge = edges[Number(index)] as JoinEdge
    const rounds = Math.min(...edge.from.map((source) => kept[source]?.length ?? 0))
    for (let round = 0; round < rounds; round += 1) {
      messages.push({ to: edge.to, input: edge.from.map((source) => kept[source]?.[round]) })
    }
    const left = edge.from.map((source) => [source, kept[source]?.slice(rounds) ?? []] as const)
    if (left.some(([, values]) => values.length > 0)) rest[index] = Object.fromEntries(left)
  }
  return { joins: rest, messages }
}

/** What a fan-in still waits for when nothing moves any more: `undefined` when none has begun to wait. */
export function findStuckJoin(
  { edges }: WorkflowDefinition,
  { joins }: WorkflowState,
): { readonly to: string; readonly missing: readonly string[] } | undefined {
  const [entry] = Object.entries(joins)
  if (entry === undefined) return undefined
  const edge = edges[Number(entry[0])] as JoinEdge
  return { to: edge.to, missing: edge.from.filter((source) => (entry[1][source]?.length ?? 0) === 0) }
}
