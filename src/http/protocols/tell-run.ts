import { isTerminal, type StoredEvent } from '../../run/events.js'
import { advance, emptyRun } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { isAsking } from '../../run/waiting.js'
import type { Call } from '../route.js'
import { createStreamLimit } from '../stream-limit.js'
import { toAnswered } from './answered-events.js'
import type { RunTeller } from './run-teller.js'
import { followDecidedRun } from './waiting-runs.js'

/** From where on a run is told. */
export interface TellingFrom {
  /** The run's events up to where its reader knows it. @default none */
  readonly told?: readonly StoredEvent[]
  /** The approvals that the reader has decided, and the tool calls that it has carried out: before the run has heard of all of them it is not waiting for the reader. @default none */
  readonly answered?: readonly string[]
}

/** A run to be told, and from where on. */
export interface RunToTell extends TellingFrom {
  readonly key: RunKey
}

/** Tells a run in batches of frames, to its end, to where it waits for a human or its caller, or to the stream's time limit. */
export async function* tellRun<Frame>(
  call: Call,
  key: RunKey,
  teller: RunTeller<Frame>,
  { told = [], answered = [] }: TellingFrom = {},
): AsyncGenerator<readonly Frame[]> {
  const limit = createStreamLimit(call)
  const unheard = new Set(answered)
  let state = emptyRun
  const hear = (event: StoredEvent) => {
    state = advance(state, event)
    const answer = toAnswered(event)
    if (answer !== undefined) unheard.delete(answer)
    return teller.take(event)
  }
  for (const event of told) hear(event)
  if (told.length > 0) {
    teller.pause()
    yield teller.resume()
  }
  for await (const events of followDecidedRun(call, key, limit, told)) {
    const frames = events.flatMap(hear)
    const last = events.at(-1)
    const isWaiting = unheard.size === 0 && last?.type === 'run.parked' && isAsking(state)
    if (isWaiting) frames.push(...teller.pause())
    if (frames.length > 0) yield frames
    if (isWaiting || (last !== undefined && isTerminal(last))) return
  }
  yield teller.breakOff()
}
