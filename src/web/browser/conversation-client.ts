import type { JsonObject } from '../../core/json.js'
import type { RunAddress, SessionAddress } from '../../core/session-paths.js'
import type { UnsentMessage } from './outbox.js'
import type { RunRecord } from './run-record.js'

/** A human's answer to an approval. */
export interface Verdict {
  readonly decision: 'approve' | 'reject'
  readonly reason?: string | undefined
  /** Used instead of the model's. */
  readonly arguments?: JsonObject | undefined
}

/** What a conversation asks of an app (README, HTTP). All can be asked again; all throw {@link RequestError}. */
export interface ConversationClient {
  /** A page of the conversation; `undefined` for a session that there is not yet. */
  readSession(address: SessionAddress, before?: number): Promise<JsonObject | undefined>
  /** Has the app accept a message; asked again, it finds that it has it. */
  sendMessage(message: UnsentMessage): Promise<void>
  /** The events of a run after one, with their times; from the start after -1. */
  followRun(address: RunAddress, after: number, signal: AbortSignal): Promise<AsyncIterable<RunRecord>>
  cancelRun(address: RunAddress): Promise<void>
  decide(address: SessionAddress, approvalId: string, verdict: Verdict): Promise<void>
  /** Clears the history. */
  resetSession(address: SessionAddress): Promise<void>
}
