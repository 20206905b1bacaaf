import { isTerminal, type StoredEvent } from '../../run/events.js'
import { advance, emptyRun, fold } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { isAnswer, isAsking } from '../../run/waiting.js'
import type { Call } from '../route.js'
import { createStreamLimit } from '../stream-limit.js'
import { toAnswered } from './learned-answers.js'
import type { RunTeller } from './run-teller.js'

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
  for await (const events of followAnsweredRun(call, key, limit, told)) {
    const frames = events.flatMap(hear)
    const last = events.at(-1)
    const isWaiting = unheard.size === 0 && last?.type === 'run.parked' && isAsking(state)
    if (isWaiting) frames.push(...teller.pause())
    if (frames.length > 0) yield frames
    if (isWaiting || (last !== undefined && isTerminal(last))) return
  }
  yield teller.breakOff()
}

/**
 * A run as it goes on, once it has heard what somebody has answered it: after `told`, or else from its beginning. What
 * there is already comes as one.
 */
export async function* followAnsweredRun(
  call: Pick<Call, 'log' | 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
  told: readonly StoredEvent[] = [],
): AsyncGenerator<readonly StoredEvent[]> {
  const events = told.length > 0 ? told : await readAnsweredRun(call, key, signal)
  if (told.length === 0) yield events
  if (fold(events).outcome === undefined) yield* call.sessions.follow(key, events.length - 1, signal)
}

/**
 * A run's events, once it has heard what somebody has answered it: until then its log says that it waits for that.
 * Waits only when there is something to hear, and no longer than the signal allows.
 */
async function readAnsweredRun(
  { log, sessions }: Pick<Call, 'log' | 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
): Promise<readonly StoredEvent[]> {
  const events = await sessions.readRun(key)
  const state = fold(events)
  const isAnswered = isAsking(state) && (await log.controls(key)).some((wish) => isAnswer(state, wish))
  if (!isAnswered) return events
  for await (const later of sessions.follow(key, events.length - 1, signal)) if (later.length > 0) break
  return sessions.readRun(key)
}
