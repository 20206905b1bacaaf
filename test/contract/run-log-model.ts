import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/core/clock.js'
import { hasCode } from '../../src/core/errors.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { isTerminal, type RunEvent, type RunRequest } from '../../src/run/events.js'
import type { RunKey, RunLog, SessionKey, SessionSummary } from '../../src/run/run-log.js'
import { VirtualClock } from '../../src/testing/index.js'
import { accepted, answer, completed, started } from '../run/event-samples.js'
import { createRandom } from '../support/storm.js'

/** One call of a run log, and what can be told of its result: orders that no store promises are left out. */
type ModelCall = (log: RunLog) => Promise<unknown>

/** A time of which the log itself tells: the limits of what a call means. */
type Time = (log: RunLog) => Promise<number>

/**
 * Compares a store with a log in memory: both are asked the same, in an order that only a seed decides. `open` is called
 * twice for each of them, as two processes would.
 */
export function compareWithMemory(name: string, open: (clock: Clock) => RunLog, calls = 100): void {
  test.each([1, 2, 3])(
    `${name} does what a log in memory does, in whatever order it is called (%i)`,
    async (seed) => {
      // So long ago that deletions by time leave alone what others have in the store.
      const clock = new VirtualClock(Date.UTC(2000 + seed, 0, 1))
      const logs = [open(clock), open(clock)] as const
      onTestFinished(async () => void (await Promise.all(logs.map((log) => log.close()))))
      await logs[0].deleteEndedBefore(clock.now(), 1000)
      const model = new MemoryRunLog({ clock })
      for (const [step, call] of createCalls(`Model ${seed}`, seed, calls, clock).entries()) {
        clock.advanceTo(clock.now() + (step % 3))
        const does = await call(logs[step % 2 ? 0 : 1])
        expect({ step, does }).toEqual({ step, does: await call(model) })
      }
    },
  )
}

/** Calls about a few runs of two sessions of `agent`, and the times at which something happened to them. */
function createCalls(agent: string, seed: number, count: number, clock: Clock): readonly ModelCall[] {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const pickKey = (): RunKey => ({ agent, session: pick(['s', 'S']), run: pick(['r', 'R', 'r2', 'r/1']) })
  const pickTurn = () => pick([0, 1, 2, 3])
  const pickTime = (): Time => {
    const [key, id, offset] = [pickKey(), pick([0, -1]), pick([0, 0, 1, 1000])]
    return async (log) => ((await log.read(key)).at(id)?.at ?? clock.now()) + offset
  }
  const pickUntil = () => {
    const offset = pick([-1, 0, 1, 2])
    return () => clock.now() + offset
  }
  const appendSome = () => append(pickKey(), pick(toAppends(pickTurn(), pickUntil())), pick([0, 0, 0, 1]))
  const kinds: readonly (() => ModelCall)[] = [
    () => create(pickKey(), pick([undefined, undefined, 'ann']), pick([undefined, 'reject'])),
    () => create(pickKey(), undefined, undefined),
    appendSome,
    appendSome,
    appendSome,
    () => wish(pickKey(), pick(['a', 'b'])),
    () => look(pickKey(), pickTurn(), pick([1, 10])),
    () => look(pickKey(), 0, 10),
    () => find(agent, pickTime(), pickTime()),
    () => find(agent, pickTime(), pickTime()),
    () => clear(pickKey(), pick([0, 1, 2, 3, 'all']), pickTime()),
    () => forget(pickTime()),
  ]
  return Array.from({ length: count }, () => pick(kinds)())
}

function toAppends(turn: number, until: () => number): readonly (() => readonly RunEvent[])[] {
  return [
    () => [started(1, turn)],
    () => [started(1, turn), answer(0, 'é 🏠'), completed('x')],
    () => [{ type: 'run.parked', data: { reason: 'approval' } }],
    () => [{ type: 'run.parked', data: { reason: 'approval', until: new Date(until()).toISOString() } }],
    () => [completed('x')],
  ]
}

const attachment = { digest: 'a'.repeat(64), content: 'data:,x' }

function create(key: RunKey, owner: string | undefined, onBusy: 'reject' | undefined): ModelCall {
  const { data } = accepted(`${owner} ${onBusy}`, owner) as { data: RunRequest }
  // A run that works for another one waits for nobody.
  const options = onBusy && !key.run.includes('/') ? { ...data.options, onBusy } : data.options
  return (log) => log.create(key, { ...data, options }, owner === undefined ? [] : [attachment])
}

/** Where the log ends, or beside that, unless it has ended. */
function append(key: RunKey, events: () => readonly RunEvent[], beside: number): ModelCall {
  return async (log) => {
    const there = await log.read(key)
    const last = there.at(-1)
    if (last !== undefined && isTerminal(last)) return 'ended'
    return toOutcome(log.append(key, there.length + beside, events()))
  }
}

function wish(key: RunKey, approvalId: string): ModelCall {
  return (log) => toOutcome(log.control(key, { type: 'decision', approvalId, decision: 'approve' }))
}

function clear(key: SessionKey, upToTurn: number | 'all', time: Time): ModelCall {
  return async (log) => {
    const before = await time(log)
    if (upToTurn === 'all') return log.deleteSession(key, before)
    return log.deleteEndedRuns(key, { acceptedBefore: before, upToTurn })
  }
}

function forget(time: Time): ModelCall {
  return async (log) => log.deleteEndedBefore(await time(log), 1000)
}

function look(key: RunKey, turn: number, limit: number): ModelCall {
  return async (log) => ({
    events: await log.read(key),
    controls: await log.controls(key),
    attachment: await log.readAttachment(key, attachment.digest),
    after: toLines(await log.runsAfter(key, turn)),
    upTo: (await log.runsUpTo(key, turn, limit)).map((one) => one.turn),
    session: await log.session(key),
    sessions: await page(log, key.agent, 'ann'),
    nobodys: await page(log, key.agent, undefined),
  })
}

/** An agent's sessions of one owner, one by one. */
async function page(
  log: RunLog,
  agent: string,
  owner: string | undefined,
): Promise<readonly SessionSummary[]> {
  const found: SessionSummary[] = []
  for (;;) {
    const [next] = await log.sessions(agent, { owner, limit: 1, before: found.at(-1) })
    if (next === undefined) return found
    found.push(next)
  }
}

/** What a sweep looks for. */
function find(agent: string, time: Time, now: Time): ModelCall {
  return async (log) => {
    const before = await time(log)
    const stalled = await log.stalled({ before, now: await now(log), limit: 1000 })
    return {
      stalled: toLines(stalled.filter((key) => key.agent === agent)),
      idle: toLines(await log.idleSessions(agent, before, 1000)),
      parked: toLines(
        (await log.parked({ from: 0, limit: 1000 }))
          .map(({ key }) => key)
          .filter((key) => key.agent === agent),
      ),
      one: (await log.idleSessions(agent, before, 1)).length,
    }
  }
}

function toLines(rows: readonly object[]): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).toSorted())).toSorted()
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
