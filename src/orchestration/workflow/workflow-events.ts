import type { NodeError } from './node-context.js'
import type { NodeSpec } from './workflow-definition.js'

interface EventOf<Type extends string, Data> {
  readonly type: Type
  readonly data: Data
}

/** A node begins to work on a message. */
export interface NodeStarted {
  readonly node: string
  /** Counts the executions of all nodes of the run; a retry has the number of what it repeats. */
  readonly execution: number
  readonly kind: NodeSpec['kind']
  /** 1 for the first try. */
  readonly attempt: number
  /** Of an agent: the run whose events say what it does. */
  readonly run?: { readonly agent: string; readonly sessionId: string; readonly correlationId: string }
  /** Of a nested workflow: the instance whose events say what it does. */
  readonly nested?: { readonly instanceId: string; readonly ordinal: number }
}

export interface NodeCompleted {
  readonly node: string
  readonly execution: number
  readonly output?: unknown
  /** The output is too large to be shown here. */
  readonly truncated?: true
}

export interface NodeFailed {
  readonly node: string
  readonly execution: number
  readonly attempt: number
  readonly error: NodeError
  /** When it is tried again; ISO 8601. Absent when it is not. */
  readonly retryAt?: string | undefined
}

/** A question to a human. */
export interface RequestOpened {
  readonly requestId: string
  readonly node: string
  readonly execution: number
  readonly question: unknown
  /** ISO 8601. */
  readonly openedAt: string
  /** ISO 8601; absent when it waits without limit. */
  readonly expiresAt?: string | undefined
}

export interface RequestClosed {
  readonly requestId: string
  readonly node: string
}

/** What happens in a run of a workflow, in the order in which it happened. */
export type WorkflowEvent =
  | EventOf<'workflow.started', { readonly workflow: string; readonly instanceId: string }>
  | EventOf<'node.started', NodeStarted>
  | EventOf<'node.completed', NodeCompleted>
  | EventOf<'node.failed', NodeFailed>
  | EventOf<'request.opened', RequestOpened>
  | EventOf<'request.answered', RequestClosed>
  | EventOf<'request.expired', RequestClosed>
  | EventOf<'workflow.completed', { readonly output?: unknown; readonly truncated?: true }>
  | EventOf<'workflow.failed', { readonly error: NodeError }>
  | EventOf<'workflow.terminated', { readonly reason: string }>

/** An event with its place in the run. */
export type StoredWorkflowEvent = WorkflowEvent & {
  /** Dense, from 0. */
  readonly id: number
  /** Milliseconds since 1970 UTC. */
  readonly at: number
}

/** True for the events after which nothing more comes. */
export function isWorkflowEnd({ type }: WorkflowEvent): boolean {
  return type === 'workflow.completed' || type === 'workflow.failed' || type === 'workflow.terminated'
}

const largestShown = 4096

/** An output as events show it: large ones are left out. */
export function toShownOutput(output: unknown): { readonly output?: unknown; readonly truncated?: true } {
  const text = JSON.stringify(output) ?? 'null'
  return text.length > largestShown ? { truncated: true } : { output: output ?? null }
}
