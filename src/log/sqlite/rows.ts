import type { RunEvent, StoredEvent } from '../../run/events.js'
import type { RunStatus, RunSummary, SessionSummary } from '../../run/run-log.js'

/** A run's line in the table of runs. */
export interface RunRow {
  readonly id: number
  readonly run: string
  readonly turn: number
  readonly status: RunStatus
  readonly due_at: number | null
  readonly next: number
  readonly accepted_at: number
}

/** A session's line in the table of sessions. */
export interface SessionRow {
  readonly session: string
  readonly owner: string | null
  readonly created_at: number
  readonly updated_at: number
}

/** An event's line in the table of events; `data` is JSON text. */
export interface EventRow {
  readonly id: number
  readonly type: string
  readonly data: string
  readonly at: number
}

export function toRunSummary({ run, turn, status, accepted_at: acceptedAt }: RunRow): RunSummary {
  return { run, turn, status, acceptedAt }
}

export function toSessionSummary(row: SessionRow): SessionSummary {
  return {
    session: row.session,
    owner: row.owner ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toStoredEvent({ id, type, data, at }: EventRow): StoredEvent {
  return { id, at, type, data: JSON.parse(data) } as StoredEvent
}

export function toEventRow(id: number, { type, data }: RunEvent, at: number): EventRow {
  return { id, type, data: JSON.stringify(data), at }
}
