import { expect, test } from 'vitest'
import type { RunTeller } from '../../../src/http/protocols/run-teller.js'
import { type TellingFrom, tellRun } from '../../../src/http/protocols/tell-run.js'
import type { Call } from '../../../src/http/route.js'
import type { RunEvent, StoredEvent } from '../../../src/run/events.js'
import {
  accepted,
  answer,
  asks,
  calls,
  completed,
  decides,
  parked,
  resumed,
  started,
  store,
} from '../../run/event-samples.js'

/** Tells events by their types. */
const teller: RunTeller<string> = {
  take: ({ type }) => [type],
  pause: () => ['pause'],
  resume: () => ['resume'],
  breakOff: () => ['break off'],
}

const key = { agent: 'A', session: 's', run: 'r' }

const waiting = [
  accepted('hi'),
  started(1),
  calls(0, 'c1', 'c2'),
  asks('r~1', 'c1'),
  asks('r~2', 'c2'),
  parked,
]
const rest = [decides('r~2'), answer(1, 'Ok'), completed('Ok')]

/** Tells a log that holds `there`, to which `later` comes piece by piece. */
async function tell(
  there: readonly RunEvent[],
  later: readonly (readonly RunEvent[])[] = [],
  from: TellingFrom = {},
) {
  let taken = 0
  const sessions = {
    readRun: async () => store(there),
    async *follow(_key: unknown, after: number): AsyncGenerator<readonly StoredEvent[]> {
      let next = there.length
      for (const piece of later) {
        taken += 1
        yield store(piece, next).filter(({ id }) => id > after)
        next += piece.length
      }
    },
  }
  const log = { controls: async () => [] }
  const call = { sessions, log, settings: { streamLimitMs: 60_000 } } as unknown as Call
  const told: string[] = []
  for await (const frames of tellRun(call, key, teller, from)) told.push(...frames)
  return { told, taken }
}

test('tells what there is and what comes, to the end of the run', async () => {
  const { told } = await tell([accepted('hi')], [[started(1)], [answer(0, 'Ok'), completed('Ok')]])
  expect(told).toEqual(['run.accepted', 'run.started', 'step.completed', 'run.completed'])
})

test('pauses where the run waits for a human, now or later, but not where it has waited', async () => {
  const now = await tell(waiting)
  expect([now.told.at(-1), now.taken]).toEqual(['pause', 0])
  expect((await tell([accepted('hi')], [waiting.slice(1), rest])).taken).toBe(1)
  const { told } = await tell([...waiting, decides('r~1'), resumed, ...rest])
  expect(told).not.toContain('pause')
})

test('goes on after what was told, until the run has heard of all decisions', async () => {
  const told = store(waiting)
  const later = [[decides('r~1'), resumed], [parked], [resumed, ...rest]]
  const both = await tell(waiting, later, { told, answered: ['r~1', 'r~2'] })
  expect([both.told[0], both.told.at(-1), both.taken]).toEqual(['resume', 'run.completed', 3])
  const one = await tell(waiting, later, { told, answered: ['r~1'] })
  expect([one.told.at(-1), one.taken]).toEqual(['pause', 2])
})

test('says that it breaks off', async () => {
  expect((await tell([accepted('hi')], [[started(1)]])).told.at(-1)).toBe('break off')
})
