import { isTerminal, type StoredEvent } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import type { Call } from '../route.js'
import type { RunTeller } from './run-teller.js'
import { isParked, readDecidedRun } from './waiting-runs.js'

/** From where on a run is told. */
export interface TellingFrom {
  /** The run's events up to where its reader knows it. @default none */
  readonly told?: readonly StoredEvent[]
  /** The approvals that the reader has decided: before the run has heard of all of them it is not waiting for the reader. @default none */
  readonly decided?: readonly string[]
}

/** Tells a run in batches of frames, to its end, to where it waits for a human, or to the stream's time limit. */
export async function* tellRun<Frame>(
  call: Call,
  key: RunKey,
  teller: RunTeller<Frame>,
  { told = [], decided = [] }: TellingFrom = {},
): AsyncGenerator<readonly Frame[]> {
  const limit = AbortSignal.timeout(call.settings.streamLimitMs)
  const unheard = new Set(decided)
  for (const event of told) hear(event, teller, unheard)
  if (told.length > 0) {
    teller.pause()
    yield teller.resume()
  }
  for await (const events of readOn(call, key, told, limit)) {
    const frames = events.flatMap((event) => hear(event, teller, unheard))
    const last = events.at(-1)
    const isWaiting = unheard.size === 0 && last !== undefined && isParked(last)
    if (isWaiting) frames.push(...teller.pause())
    if (frames.length > 0) yield frames
    if (isWaiting || (last !== undefined && isTerminal(last))) return
  }
  yield teller.breakOff()
}

function hear<Frame>(event: StoredEvent, teller: RunTeller<Frame>, unheard: Set<string>): readonly Frame[] {
  if (event.type === 'approval.decided') unheard.delete(event.data.approvalId)
  return teller.take(event)
}

/** What there is already comes as one. */
async function* readOn(
  call: Call,
  key: RunKey,
  told: readonly StoredEvent[],
  limit: AbortSignal,
): AsyncGenerator<readonly StoredEvent[]> {
  const events = told.length > 0 ? told : await readDecidedRun(call, key, limit)
  if (told.length === 0) yield events
  if (fold(events).outcome === undefined) yield* call.sessions.follow(key, events.length - 1, limit)
}
