import type { Schema, SchemaOutput } from '../../core/schema.js'
import type { AgentReference } from './node-context.js'
import type { WorkflowNode } from './workflow-definition.js'

/** What can stand for a node: a node, or an agent, whose node then has the agent's name. */
export type AnyNode = WorkflowNode | AgentReference

/** The type of the messages that a node takes. */
export type InputOf<Node> = Node extends WorkflowNode<infer Input, unknown> ? Input : string

/** The type of the messages that a node gives. */
export type OutputOf<Node> = Node extends WorkflowNode<never, infer Output> ? Output : string

/** `unknown` where messages of type `Value` fit the node `To`; else a type that nothing fits, whose name says why. */
export type Fits<Value, To> = [Value] extends [InputOf<To>] ? unknown : Misfit<Value, InputOf<To>>

/** Stands in a compiler's message where one node's output does not fit the next one's input. */
export interface Misfit<Output, Input> {
  readonly outputDoesNotFitInput: readonly [Output, Input]
}

/** A schema's output, or what there is without a schema. */
export type AnswerOf<ResponseFormat, Otherwise> = ResponseFormat extends Schema
  ? SchemaOutput<ResponseFormat>
  : Otherwise
