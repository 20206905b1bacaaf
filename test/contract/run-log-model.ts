import { hasCode } from '../../src/core/errors.js'
import { isTerminal, type RunEvent, type RunRequest } from '../../src/run/events.js'
import type { RunKey, RunLog, RunSummary } from '../../src/run/run-log.js'
import { accepted, answer, completed, started } from '../run/event-samples.js'

/** One call of a run log, and what of its result does not depend on the time of day. */
export type ModelCall = (log: RunLog) => Promise<unknown>

const future = () => Date.now() + 60_000

/** Calls in an order that only `seed` decides, about a few runs of two sessions of `agent`; times play no part. */
export function createModelCalls(agent: string, seed: number, count: number): readonly ModelCall[] {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const pickKey = (): RunKey => ({ agent, session: pick(['s', 'S']), run: pick(['r', 'R', 'r2', 'r/1']) })
  const pickTurn = () => pick([0, 1, 2, 3])
  const appendSome = () => append(pickKey(), pick(toAppends(pickTurn())))
  const kinds: readonly (() => ModelCall)[] = [
    () => create(pickKey(), pick([undefined, undefined, 'ann']), pick([undefined, 'reject'])),
    () => create(pickKey(), undefined, undefined),
    appendSome,
    appendSome,
    appendSome,
    () => wish(pickKey(), pick(['a', 'b'])),
    () => look(pickKey(), pickTurn(), pick([1, 10])),
    () => look(pickKey(), 0, 10),
    () => clear(pickKey(), pick([0, 1, 2, 3, 'all'])),
  ]
  return Array.from({ length: count }, () => pick(kinds)())
}

function toAppends(turn: number): readonly (readonly RunEvent[])[] {
  return [
    [started(1, turn)],
    [started(1, turn), answer(0, 'é 🏠'), completed('x')],
    [{ type: 'run.parked', data: { reason: 'approval' } }],
    [completed('x')],
  ]
}

function create(key: RunKey, owner: string | undefined, onBusy: 'reject' | undefined): ModelCall {
  const { data } = accepted(`${owner} ${onBusy}`, owner) as { data: RunRequest }
  // A run that works for another one waits for nobody.
  const options = onBusy && !key.run.includes('/') ? { ...data.options, onBusy } : data.options
  return (log) => log.create(key, { ...data, options })
}

/** Where the log ends, unless it has ended. */
function append(key: RunKey, events: readonly RunEvent[]): ModelCall {
  return async (log) => {
    const there = await log.read(key)
    const last = there.at(-1)
    return last !== undefined && isTerminal(last) ? 'ended' : toOutcome(log.append(key, there.length, events))
  }
}

function wish(key: RunKey, approvalId: string): ModelCall {
  return (log) => toOutcome(log.control(key, { type: 'decision', approvalId, decision: 'approve' }))
}

function clear(key: RunKey, upToTurn: number | 'all'): ModelCall {
  return (log) =>
    upToTurn === 'all'
      ? log.deleteSession(key, future())
      : log.deleteEndedRuns(key, { acceptedBefore: future(), upToTurn })
}

function look(key: RunKey, turn: number, limit: number): ModelCall {
  return async (log) => {
    const stalled = await log.stalled({ before: future(), now: Date.now() - 60_000, limit: 1000 })
    const sessions = await log.sessions(key.agent, { owner: 'ann', limit: 10 })
    return {
      events: (await log.read(key)).map(({ id, type, data }) => ({ id, type, data })),
      controls: await log.controls(key),
      after: (await log.runsAfter(key, turn)).map(toLine).toSorted(),
      upTo: (await log.runsUpTo(key, turn, limit)).map((one) => one.turn),
      owner: (await log.session(key))?.owner,
      sessions: sessions.map(({ session }) => session).toSorted(),
      stalled: stalled
        .filter(({ agent }) => agent === key.agent)
        .map(({ session, run }) => `${session} ${run}`)
        .toSorted(),
    }
  }
}

function toLine({ run, status, turn }: RunSummary): string {
  return `${run} ${status} ${turn}`
}

async function toOutcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'fenced')) return 'fenced'
    if (hasCode(error, 'not_found')) return 'not found'
    throw error
  }
}

/** Numbers from 0 to 1, always the same ones: a linear congruential generator (Numerical Recipes, 7.1). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
