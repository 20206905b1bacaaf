import { expect, test } from 'vitest'
import { RecentRuns } from '../../../src/log/sqlite/recent-runs.js'
import type { EventRow, RunRow } from '../../../src/log/sqlite/rows.js'

const key = (run: string, session = 's') => ({ agent: 'A', session, run })
const row = (run: string, next = 1): RunRow => ({
  id: 1,
  run,
  turn: 0,
  status: 'open',
  due_at: null,
  next,
  accepted_at: 0,
})
const event = (id: number, data = '{}'): EventRow => ({ id, type: 'message.delta', data, at: 0 })

test('knows a run with all its events from its first one on', () => {
  const runs = new RecentRuns()
  runs.add(key('r'), row('r'), [event(0)])
  runs.add(key('r'), row('r', 3), [event(1), event(2)])
  expect(runs.get(key('r'))).toMatchObject({ row: { next: 3 }, events: [event(0), event(1), event(2)] })
})

test('of a run that somebody else began it knows only where it stands', () => {
  const runs = new RecentRuns()
  runs.add(key('r'), row('r', 6), [event(5)])
  runs.add(key('r'), row('r', 7), [event(6)])
  expect(runs.get(key('r'))).toMatchObject({ row: { next: 7 }, events: undefined })
})

test('does not take runs of one name in two sessions for each other', () => {
  const runs = new RecentRuns()
  runs.add(key('r', 'one'), row('r'), [event(0)])
  runs.add(key('r', 'two'), row('r', 9), [event(8)])
  expect(runs.get(key('r', 'one'))).toBeUndefined()
  expect(runs.get({ ...key('r', 'two'), agent: 'B' })).toBeUndefined()
  expect(runs.get(key('r', 'two'))).toMatchObject({ row: { next: 9 }, events: undefined })
})

test('forgets a run, or all of them', () => {
  const runs = new RecentRuns()
  for (const run of ['a', 'b', 'c']) runs.add(key(run), row(run), [event(0)])
  runs.forget(key('a'))
  expect(['a', 'b', 'c'].map((run) => runs.get(key(run)) !== undefined)).toEqual([false, true, true])
  runs.clear()
  expect(['b', 'c'].map((run) => runs.get(key(run)))).toEqual([undefined, undefined])
})

test('holds so many runs; the one that was not written to for longest goes first', () => {
  const runs = new RecentRuns({ maxRuns: 2 })
  runs.add(key('a'), row('a'), [event(0)])
  runs.add(key('b'), row('b'), [event(0)])
  runs.add(key('a'), row('a', 2), [event(1)])
  runs.add(key('c'), row('c'), [event(0)])
  expect(['a', 'b', 'c'].map((run) => runs.get(key(run)) !== undefined)).toEqual([true, false, true])
})

test('holds so much text; what goes makes room for as much', () => {
  const runs = new RecentRuns({ maxCharacters: 10 })
  for (const run of ['a', 'b', 'c', 'd']) runs.add(key(run), row(run), [event(0, '12345')])
  expect(['a', 'b', 'c', 'd'].map((run) => runs.get(key(run)) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
  ])
  runs.forget(key('c'))
  runs.add(key('e'), row('e'), [event(0, '12345')])
  expect(['d', 'e'].map((run) => runs.get(key(run)) !== undefined)).toEqual([true, true])
})

test('of a run with a long log it keeps only where it stands, which takes no room', () => {
  const runs = new RecentRuns({ maxCharacters: 10, maxCharactersPerRun: 6 })
  runs.add(key('long'), row('long'), [event(0, '123456')])
  runs.add(key('long'), row('long', 2), [event(1, '7')])
  runs.add(key('long'), row('long', 3), [event(2, '8')])
  runs.add(key('a'), row('a'), [event(0, '12345')])
  runs.add(key('b'), row('b'), [event(0, '12345')])
  expect(runs.get(key('long'))).toMatchObject({ row: { next: 3 }, events: undefined })
  expect(runs.get(key('a'))?.events).toHaveLength(1)
})
