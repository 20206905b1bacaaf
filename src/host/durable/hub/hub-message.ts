import type { EntityRecord } from './entity-table.js'

/** Something an instance is to handle. */
export interface Message {
  /** A GUID. */
  readonly id: string
  /** Instance id of the receiver. */
  readonly target: string
  /** What the receiver is; decides who looks for it. */
  readonly kind: MessageKind
  /** Name of the function that handles it, in lower case. */
  readonly functionName: string
  /** The operation. */
  readonly name: string
  /** JSON text; `null` when there is no input. */
  readonly input: string | null
  /** False when somebody waits for the result. */
  readonly isSignal: boolean
  /** What it asks of the entity's lock, in place of an operation. @default nothing */
  readonly lock?: LockRequest | undefined
  /** Instance id of the sender; `null` for a client. */
  readonly sender: string | null
  /** Which execution of an orchestration it is for or about. @default whichever there is */
  readonly execution?: string | undefined
  /** Epoch milliseconds before which nobody handles it. @default any time */
  readonly visibleAt?: number | undefined
}

/** An orchestration takes an entity for itself, or gives it back. */
export type LockRequest = 'acquire' | 'release'

export type MessageKind = 'entity' | 'orchestration' | 'activity'

/** The right to work on an instance's messages. It is held while the hub's row names this very host and number. */
export interface Claim {
  readonly target: string
  readonly host: string
  /** Grows with every claim of that host, so that no two claims are ever equal. */
  readonly number: number
}

/** What a claim gives: the oldest messages, and the committed state that they start from. */
export interface ClaimedBatch {
  readonly claim: Claim
  /** How often handling these messages has failed before. */
  readonly attempts: number
  readonly state: EntityRecord
  /** In order of arrival; empty when there is nothing to do now. */
  readonly messages: readonly BatchMessage[]
  /** A message about the lock, which stands alone. */
  readonly lock?: BatchMessage & { readonly request: LockRequest }
  readonly lastSeq: number
  /** Epoch milliseconds at which the messages were visible. */
  readonly readAt: number
}

/** Who sent it waits for the result when it is no signal. */
export type BatchMessage = Pick<Message, 'id' | 'name' | 'input' | 'isSignal' | 'sender'>

/** A message that is not handled in a batch of equals: one for an orchestration, or an activity's. */
export interface StoredMessage extends Pick<Message, 'id' | 'name' | 'input' | 'sender'> {
  readonly seq: number
  readonly execution: string | undefined
}
