import type { ApprovalRequested } from '../run/events.js'

/** Says whether a caller may do what it is about to; nothing but `true` is a yes. */
export type Right<Question> = (
  question: Question,
  request: Pick<Request, 'method' | 'url' | 'headers'>,
) => Promise<boolean>

/** A tool call that waits for a human, and who is about to decide. */
export interface DecisionQuestion {
  readonly agent: string
  readonly sessionId: string
  readonly correlationId: string
  /** Whom the session belongs to; `undefined` for nobody. */
  readonly owner: string | undefined
  /** Whom the caller is signed in as; `undefined` for nobody. */
  readonly caller: string | undefined
  /** With the arguments that the tool would be called with: the caller may have given others than the model. */
  readonly approval: ApprovalRequested
  readonly decision: 'approve' | 'reject'
}

/** A question of a workflow that waits for a human, and who is about to answer. */
export interface AnswerQuestion {
  readonly workflow: string
  readonly instanceId: string
  readonly requestId: string
  /** The path to the node that asks. */
  readonly node: string
  /** What is asked. */
  readonly question: unknown
  /** Whom the run belongs to; `undefined` for nobody. */
  readonly owner: string | undefined
  /** Whom the caller is signed in as; `undefined` for nobody. */
  readonly caller: string | undefined
  /** As it came: it has not been checked against the schema of answers. `undefined` when it is asked which questions to list. */
  readonly answer: unknown
}
