import type { JsonObject } from '../../core/json.js'

/** One input that a node has to work on. */
export interface Message {
  readonly to: string
  readonly input: unknown
}

/** Where a run of a workflow stands between two steps. Plain JSON: it is carried from one generation of an orchestration to the next. */
export interface WorkflowState {
  /** What the workflow was started with. */
  readonly workflowInput: unknown
  /** How many steps were taken. */
  readonly step: number
  /** How many executions of nodes were begun: the number of the next one. */
  readonly executions: number
  /** How many messages each node has worked on. */
  readonly visits: { readonly [node: string]: number }
  /** How many events were recorded: the id of the next one. */
  readonly events: number
  /** What the next step works on, in order. */
  readonly messages: readonly Message[]
  /** Per edge, by its index: what a fan-in has got of each source and not carried on yet. */
  readonly joins: { readonly [edge: string]: { readonly [source: string]: readonly unknown[] } }
  readonly shared: JsonObject
  /** The workflow's outputs so far. */
  readonly outputs: readonly unknown[]
}

/** A run that has not taken a step: the start nodes have the input. */
export function createWorkflowState(start: readonly string[], input: unknown): WorkflowState {
  return {
    workflowInput: input,
    step: 0,
    executions: 0,
    visits: {},
    events: 0,
    messages: start.map((to) => ({ to, input })),
    joins: {},
    shared: {},
    outputs: [],
  }
}

/** What a workflow returns: its only output, or the list of them; `null` when there is none. */
export function toWorkflowOutput({ outputs }: WorkflowState): unknown {
  return outputs.length > 1 ? outputs : (outputs[0] ?? null)
}
