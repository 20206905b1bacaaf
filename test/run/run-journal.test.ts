import { expect, test, vi } from 'vitest'
import { FencedError } from '../../src/core/errors.js'
import type { RunEvent } from '../../src/run/events.js'
import { RunJournal } from '../../src/run/run-journal.js'
import { answer, says, started } from './event-samples.js'

function createJournal(append: (expected: number, events: readonly RunEvent[]) => Promise<number>) {
  return new RunJournal({ events: [], append, deltaDelayMs: 5 })
}

test('writes what was recorded in order, at the positions it expects', async () => {
  const writes: [number, string[]][] = []
  const journal = createJournal(async (expected, events) => {
    writes.push([expected, events.map(({ type }) => type)])
    return expected + events.length
  })
  journal.record(started(1))
  await journal.flush()
  journal.record(says(0, 'a'))
  journal.record(answer(0, 'a'))
  await Promise.all([journal.flush(), journal.flush()])
  expect(writes).toEqual([
    [0, ['run.started']],
    [1, ['message.delta', 'step.completed']],
  ])
})

test('deltas that wait together become one, and are written without being asked', async () => {
  vi.useFakeTimers()
  try {
    const written: RunEvent[] = []
    const journal = createJournal(async (expected, events) => {
      written.push(...events)
      return expected + events.length
    })
    for (const text of ['Hel', 'lo ', 'you']) journal.record(says(0, text))
    expect(written).toEqual([])
    await vi.advanceTimersByTimeAsync(6)
    expect(written).toEqual([says(0, 'Hello you')])
    expect(journal.state.next).toBe(1)
  } finally {
    vi.useRealTimers()
  }
})

test('tells of events only after they were written', async () => {
  const story: string[] = []
  const journal = new RunJournal({
    events: [],
    append: async (expected, events) => {
      story.push('written')
      return expected + events.length
    },
    onAppended: ({ type }) => story.push(type),
  })
  journal.record(started(1))
  await journal.flush()
  expect(story).toEqual(['written', 'run.started'])
})

test('is broken for good once the log refuses a write', async () => {
  const append = vi.fn(async () => {
    throw new FencedError('elsewhere')
  })
  const journal = createJournal(append)
  journal.record(started(1))
  await expect(journal.flush()).rejects.toThrow('elsewhere')
  expect(journal.broken.aborted).toBe(true)
  journal.record(answer(0, 'a'))
  await expect(journal.flush()).rejects.toThrow('elsewhere')
  expect(append).toHaveBeenCalledTimes(1)
})
