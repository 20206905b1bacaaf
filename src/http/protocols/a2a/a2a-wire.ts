import type { JsonObject, JsonValue } from '../../../core/json.js'

/** How far a task is. Source: A2A 1.0, `TaskState`; `AUTH_REQUIRED` and `REJECTED` are never told. */
export const taskStates = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
] as const

export type TaskState = (typeof taskStates)[number]

/** A piece of a message or of an artifact: one of text, a file as base64, a file by URL, and JSON. Source: A2A 1.0, `Part`. */
export type Part = {
  readonly mediaType?: string | undefined
  readonly filename?: string | undefined
} & (
  | { readonly text: string }
  | { readonly raw: string }
  | { readonly url: string }
  | { readonly data: JsonValue }
)

/** Source: A2A 1.0, `Message`. */
export interface Message {
  readonly messageId: string
  readonly contextId: string
  readonly taskId: string
  readonly role: 'ROLE_USER' | 'ROLE_AGENT'
  readonly parts: readonly Part[]
}

/** Source: A2A 1.0, `TaskStatus`. */
export interface TaskStatus {
  readonly state: TaskState
  readonly message?: Message | undefined
  /** ISO 8601, UTC. */
  readonly timestamp: string
}

/** Source: A2A 1.0, `Artifact`. */
export interface Artifact {
  readonly artifactId: string
  readonly name: string
  readonly parts: readonly Part[]
}

/** A run as A2A's clients see it. Source: A2A 1.0, `Task`. */
export interface Task {
  readonly id: string
  readonly contextId: string
  readonly status: TaskStatus
  readonly artifacts?: readonly Artifact[] | undefined
  readonly history?: readonly Message[] | undefined
  readonly metadata?: JsonObject | undefined
}

/** Source: A2A 1.0, `TaskStatusUpdateEvent`. */
export interface StatusUpdate {
  readonly taskId: string
  readonly contextId: string
  readonly status: TaskStatus
  readonly metadata?: JsonObject | undefined
}

/** Source: A2A 1.0, `TaskArtifactUpdateEvent`. */
export interface ArtifactUpdate {
  readonly taskId: string
  readonly contextId: string
  readonly artifact: Artifact
  /** Whether the parts come after those that were told; otherwise they take their place. */
  readonly append: boolean
  readonly lastChunk: boolean
}

/** One thing that a stream tells. Source: A2A 1.0, `StreamResponse`. */
export type Frame =
  | { readonly task: Task }
  | { readonly statusUpdate: StatusUpdate }
  | { readonly artifactUpdate: ArtifactUpdate }

/** Whether a task has ended for good. */
export function isEnded({ status: { state } }: Task): boolean {
  return state === 'TASK_STATE_COMPLETED' || state === 'TASK_STATE_FAILED' || state === 'TASK_STATE_CANCELED'
}

/** Whether nothing more comes of a task by itself: it has ended, or waits for a human. */
export function isSettled(task: Task): boolean {
  return isEnded(task) || task.status.state === 'TASK_STATE_INPUT_REQUIRED'
}
