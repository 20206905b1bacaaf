import type { JsonObject, JsonValue } from '../core/json.js'
import type { ChatMessage } from '../core/messages.js'

/**
 * A wish about a run, written beside its log: a busy entity cannot be reached by signals, but whoever executes a run
 * looks at these between its steps, and at once in the same process.
 */
export type ControlRecord =
  /** Stop, and keep what there is of the answer. */
  | { readonly type: 'cancel'; readonly reason: string }
  /** What a human decided about a tool call. */
  | ({ readonly type: 'decision' } & Decision)
  /** Take these messages in before the next model call; `run` is the run that brought them. */
  | { readonly type: 'steer'; readonly run: string; readonly messages: readonly ChatMessage[] }
  /** What came of a tool call that was pending. */
  | ({ readonly type: 'toolResult' } & ToolResult)
  /** Tell this orchestration how the run ends, as well as the one that began it. */
  | { readonly type: 'awaited'; readonly orchestrationId: string }
  /** `run` undoes what the run's tools have done, or has tried to. */
  | { readonly type: 'undone'; readonly run: string }
  /** Tell a webhook how the run ends, and that it waits, or tell it no more. */
  | ({ readonly type: 'webhook' } & WebhookWish)

/** `result` or `error`; neither when the call is one of a run that works for this one, where the result is. */
export interface ToolResult {
  /** The call; `<call>/<inner call>` for one of a run that works for this one. */
  readonly callId: string
  readonly result?: JsonValue | undefined
  readonly error?: string | undefined
}

export interface Decision {
  readonly approvalId: string
  readonly decision: 'approve' | 'reject'
  /** Who decided, when the caller was signed in. */
  readonly by?: string | undefined
  readonly reason?: string | undefined
  /** Arguments to use instead of the model's. */
  readonly arguments?: JsonObject | undefined
  /** The message that decided, where decisions come as messages: sent again, it decides nothing else. */
  readonly messageId?: string | undefined
}

/** Somebody who is told of a run in the words of another dialect than ours. */
export interface RunWebhook {
  /** One that the app has allowed. */
  readonly url: string
  /** The dialect, and its version. */
  readonly form: 'a2a-1.0' | 'a2a-0.3'
  /** The headers by which it knows that it is the app that tells it. Security: sealed, as they are secrets. */
  readonly headers?: string | undefined
}

/** Of several wishes about one webhook the newest counts. */
export interface WebhookWish {
  /** Names the webhook among those of the run. */
  readonly id: string
  /** Names the wish: another one of that name has no effect. */
  readonly wish: string
  /** Absent when it is to be told no more. */
  readonly webhook?: RunWebhook | undefined
}

/** A webhook that is to be told of a run. */
export type WishedWebhook = WebhookWish & { readonly webhook: RunWebhook }

/** The webhooks that are to be told of a run, by their ids. */
export function toWishedWebhooks(records: readonly ControlRecord[]): ReadonlyMap<string, WishedWebhook> {
  const wished = new Map<string, WishedWebhook>()
  for (const record of records) {
    if (record.type !== 'webhook') continue
    const { id, webhook } = record
    if (webhook === undefined) wished.delete(id)
    else wished.set(id, { ...record, webhook })
  }
  return wished
}

/** Whether a parked run can go on because of it; a message that joins a run waits until something else wakes it. */
export function isWaking({ type }: ControlRecord): boolean {
  return type === 'cancel' || type === 'decision' || type === 'toolResult'
}

/** The name under which a control record is filed: writing a second one of the same name has no effect. */
export function toControlId(record: ControlRecord): string {
  switch (record.type) {
    case 'cancel':
      return 'cancel'
    case 'decision':
      return `decision/${record.approvalId}`
    case 'steer':
      return `steer/${record.run}`
    case 'toolResult':
      return `tool/${record.callId}`
    case 'awaited':
      return `awaited/${record.orchestrationId}`
    case 'undone':
      return `undone/${record.run}`
    case 'webhook':
      return `webhook/${record.wish}`
  }
}
