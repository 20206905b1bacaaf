import type { ApprovalRequested } from '../run/events.js'

/** A tool call that waits for a human, and who is about to decide. */
export interface DecisionQuestion {
  readonly agent: string
  readonly sessionId: string
  readonly correlationId: string
  /** Whom the session belongs to; `undefined` for nobody. */
  readonly owner: string | undefined
  /** Whom the caller is signed in as; `undefined` for nobody. */
  readonly caller: string | undefined
  readonly approval: ApprovalRequested
  readonly decision: 'approve' | 'reject'
}

/** Says whether a caller may decide as it wants to; nothing but `true` is a yes. */
export type DecisionRight = (
  question: DecisionQuestion,
  request: Pick<Request, 'method' | 'url' | 'headers'>,
) => Promise<boolean>
