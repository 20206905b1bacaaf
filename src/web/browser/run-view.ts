import type { JsonValue } from '../../core/json.js'

/** `sending`: not yet accepted; `queued`: accepted, waits its turn; `waiting`: for an approval. */
export type RunStatus = 'sending' | 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'

/** What a model call has said. */
export interface TextPart {
  readonly kind: 'text' | 'reasoning'
  /** The model call. */
  readonly step: number
  readonly text: string
}

/** A tool call, from the model's wish to its result. */
export interface ToolPart {
  readonly kind: 'tool'
  readonly callId: string
  readonly name: string
  readonly arguments: JsonValue | undefined
  /** `pending`: its result will come from outside. */
  readonly state: 'called' | 'running' | 'pending' | 'done' | 'failed'
  /** 1 for the first execution. */
  readonly attempt: number
  readonly progress?: JsonValue | undefined
  readonly result?: JsonValue | undefined
  readonly error?: string | undefined
  readonly durationMs?: number | undefined
}

/** A tool call that waits for a human, or has waited. */
export interface ApprovalPart {
  readonly kind: 'approval'
  readonly approvalId: string
  readonly name: string
  readonly arguments: JsonValue | undefined
  /** Whether whoever approves may give other arguments: who grants a run tokens may not. */
  readonly isEditable: boolean
  /** What whoever decides is to know. */
  readonly warnings: readonly string[]
  /** ISO 8601, UTC; from then on it counts as rejected. */
  readonly expiresAt: string | undefined
  /** `approve`, `reject`, or `closed` when the run ended without a decision; `undefined` while it waits. */
  readonly decision?: string | undefined
  readonly by?: string | undefined
  readonly reason?: string | undefined
}

/** Something that is worth a line. */
export interface NoticePart {
  readonly kind: 'notice'
  readonly text: string
}

/** Something that came of a run; a run is shown as these, in their order. */
export type RunPart = TextPart | ToolPart | ApprovalPart | NoticePart

/** Tokens spent. */
export interface ShownUsage {
  readonly input: number
  readonly output: number
  readonly total: number
}

/** A run as the page shows it: what the user said, and what came of it, in the order in which it happened. */
export interface RunView {
  readonly said: string
  /** Whether a file came with it. */
  readonly hasFile: boolean
  /** The run that it undoes: then nobody was asked what was said. */
  readonly undoes: string | undefined
  readonly status: RunStatus
  readonly parts: readonly RunPart[]
  readonly usage: ShownUsage | undefined
  readonly model: string | undefined
  /** Why it failed or was cancelled. */
  readonly problem: string | undefined
}

/** A run of which nothing but its message is known. */
export function createRunView(said: string, status: RunStatus): RunView {
  const nothing = { parts: [], usage: undefined, model: undefined, problem: undefined }
  return { said, hasFile: false, undoes: undefined, status, ...nothing }
}

/** Whether a run has not ended. */
export function isOpen({ status }: RunView): boolean {
  return status === 'sending' || status === 'queued' || status === 'running' || status === 'waiting'
}
