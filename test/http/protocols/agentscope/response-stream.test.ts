import { expect, test } from 'vitest'
import { followResponse } from '../../../../src/http/protocols/agentscope/response-stream.js'
import type { RunEvent, StoredEvent } from '../../../../src/run/events.js'
import { accepted, answer, calls, completed, parked, resumed, started } from '../../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'r' }

/** Follows a log that comes in these pieces; gives the numbers told in each, and how many pieces were taken. */
async function follow(pieces: readonly (readonly RunEvent[])[], after = -1, answered = after) {
  let id = 0
  let taken = 0
  async function* batches(): AsyncGenerator<readonly StoredEvent[]> {
    for (const piece of pieces) {
      taken += 1
      yield piece.map((event) => ({ ...event, id: id++, at: 0 }))
    }
  }
  const told: string[][] = []
  for await (const batch of followResponse(batches(), key, { after, answered }))
    told.push(batch.map((event) => event.id ?? ''))
  return { told, taken }
}

const waiting = [accepted('hi'), started(1), calls(0), parked]
const rest = [resumed, answer(1, 'Ok'), completed('Ok')]

test('stops when a human has to decide', async () => {
  expect(await follow([waiting, rest])).toEqual({ told: [['0', '1', '2']], taken: 1 })
})

test('goes on when that has been decided already', async () => {
  const { told } = await follow([[...waiting, ...rest]])
  expect(told.flat()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
})

test('goes on for a reader who has heard of it', async () => {
  expect(await follow([waiting, rest], 2)).toEqual({ told: [['3', '4', '5', '6', '7']], taken: 2 })
})

test('goes on for a reader who has answered what it has not heard of', async () => {
  expect((await follow([waiting, rest], 0, 2)).told).toEqual([
    ['1', '2'],
    ['3', '4', '5', '6', '7'],
  ])
  expect((await follow([[...waiting, resumed, parked], rest], 0, 2)).taken).toBe(1)
})

test('stops at the end of the run, also when there is nothing new to tell', async () => {
  expect(await follow([[...waiting, ...rest], waiting], 99)).toEqual({ told: [], taken: 1 })
})
