import { isJsonObject, type JsonObject, parseJson } from '../../core/json.js'
import type { ServerSentEvent } from '../../core/sse.js'

/** An event of a run as the app tells it (docs/http.md, Events). */
export interface RunRecord {
  /** Dense, from 0 within the run. */
  readonly id: number
  readonly type: string
  /** When it was recorded; ISO 8601, UTC. */
  readonly at: string
  readonly data: JsonObject
}

/** Reads an event off the wire; `undefined` for what is none of a run. */
export function parseRunRecord({ id = '', event = '', data }: ServerSentEvent): RunRecord | undefined {
  const parsed = parseJson(data)
  if (!/^\d{1,15}$/.test(id) || !isJsonObject(parsed)) return undefined
  const { at, ...rest } = parsed
  return { id: Number(id), type: event, at: typeof at === 'string' ? at : '', data: rest }
}

/** True for the event that ends a run. */
export function isLastRecord({ type }: RunRecord): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled'
}
