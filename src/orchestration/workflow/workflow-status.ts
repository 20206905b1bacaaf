import type { NodeError } from './node-context.js'
import type { RequestOpened } from './workflow-events.js'

/** A question that waits, as the status tells it. */
export interface PendingRequest extends Omit<RequestOpened, 'execution' | 'question'> {
  readonly question?: unknown
}

/** A nested workflow at work, whose own status may have questions too. */
export interface NestedRun {
  readonly node: string
  /** Counts the messages of its node. */
  readonly ordinal: number
  readonly instanceId: string
}

/** The custom status of a workflow's orchestration. */
export interface WorkflowStatus {
  readonly state: 'running' | 'waiting' | 'completed' | 'failed'
  /** How many steps were begun. */
  readonly step: number
  /** How many events were recorded. */
  readonly events: number
  readonly pending: readonly PendingRequest[]
  readonly nested: readonly NestedRun[]
  readonly error?: NodeError | undefined
  /** Questions were left out; the events have them. */
  readonly truncated?: true
}

/** What a workflow's orchestration tells of itself; `undefined` before it has told anything. */
export function readWorkflowStatus(told: { readonly customStatus?: unknown }): WorkflowStatus | undefined {
  return (told.customStatus ?? undefined) as WorkflowStatus | undefined
}

/** Durable Functions allows 16 KiB of UTF-16: 8,192 characters. The rest is for what a host adds. */
const largestStatus = 7500

/** The status, made to fit: an error's message is cut, the questions go without their texts, and at last the first of them stand alone. */
export function fitStatus(full: WorkflowStatus): WorkflowStatus {
  const status = full.error === undefined ? full : { ...full, error: fitError(full.error) }
  if (toSize(status) <= largestStatus) return status
  const pending = status.pending.map(({ question, ...rest }) => rest)
  let small: WorkflowStatus = { ...status, pending, truncated: true }
  while (toSize(small) > largestStatus && small.pending.length + small.nested.length > 0) {
    const half = (list: readonly unknown[]) => Math.floor(list.length / 2)
    small = {
      ...small,
      pending: small.pending.slice(0, half(small.pending)),
      nested: small.nested.slice(0, half(small.nested)),
    }
  }
  return small
}

/** Half of the room is for the rest. */
function fitError(error: NodeError): NodeError {
  let { message } = error
  while (toSize(message) > largestStatus / 2) message = `${message.slice(0, message.length / 2)}…`
  return { ...error, message }
}

function toSize(value: WorkflowStatus | string): number {
  return JSON.stringify(value).length
}
