import { isTerminal, type RunEvent } from './events.js'
import type { RunStatus } from './run-log.js'

/** What a store keeps of a run beside its events, so that runs can be found without reading them. */
export interface RunIndex {
  readonly turn: number
  readonly status: RunStatus
  /** When a parked run should be looked at; ms since 1970. `undefined` when only a wish about it wakes it. */
  readonly dueAt: number | undefined
}

/** The index after one more event. */
export function toIndex(index: RunIndex, event: RunEvent): RunIndex {
  if (isTerminal(event)) return { ...index, status: 'ended', dueAt: undefined }
  switch (event.type) {
    case 'run.started':
      return { turn: event.data.turn, status: 'open', dueAt: undefined }
    case 'run.parked':
      return { ...index, status: 'parked', dueAt: toDueAt(event.data) }
    default:
      return index
  }
}

function toDueAt({ reason, until }: Extract<RunEvent, { type: 'run.parked' }>['data']): number | undefined {
  if (reason === 'operation_limit') return 0
  return until === undefined ? undefined : Date.parse(until)
}
