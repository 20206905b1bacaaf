import { expect, test } from 'vitest'
import { readBeforeAnswers } from '../../../src/http/protocols/learned-answers.js'
import type { Call } from '../../../src/http/route.js'
import type { RunEvent } from '../../../src/run/events.js'
import { accepted, asks, calls, decides, parked, resumed, started, store } from '../../run/event-samples.js'

const asked = [accepted('hi'), started(1), calls(0, 'c1', 'c2'), asks('r~1', 'c1'), asks('r~2', 'c2'), parked]
const first = [resumed, decides('r~1'), parked]
const second = [resumed, decides('r~2')]

/** How many events come before each answer, when they come in these pieces. */
async function count(...pieces: readonly (readonly RunEvent[])[]) {
  const events = store(pieces.flat())
  async function* follow() {
    let next = 0
    for (const { length } of pieces) {
      yield events.slice(next, next + length)
      next += length
    }
  }
  const call = { sessions: { follow } } as unknown as Call
  const read = await readBeforeAnswers(call, { agent: 'A', session: 's', run: 'r' }, ['r~1', 'r~2'])
  return read.map(({ length }) => length)
}

test('a run is read up to where it learned each answer, however late the last one comes', async () => {
  expect(await count(asked, first, second)).toEqual([7, 10])
  expect(await count([...asked, ...first, ...second])).toEqual([7, 10])
})

test('of an answer that nobody takes there is all that there is before it', async () => {
  expect(await count(asked, first)).toEqual([7, 9])
})
