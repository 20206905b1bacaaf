import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { AgentState } from '../../src/session/state/agent-state.js'
import { SessionHistory } from '../../src/session/state/session-history.js'
import { toRequestEntry, toTurnEntries } from '../../src/session/state/turn-entries.js'
import { ask, key } from './session-kit.js'

/** More than the state has room for. */
const large = 'x'.repeat(9_000)

/** Says something that is written down, and becomes the session's next turn. */
async function say(log: MemoryRunLog, state: AgentState, text: string): Promise<void> {
  const turn = state.own.turn + 1
  const run = `run-${turn}`
  await ask(log, run, text)
  await log.append({ ...key, run }, 1, [
    { type: 'run.started', data: { epoch: 1, attempt: 1, turn } },
    { type: 'run.cancelled', data: { reason: 'enough', text: '' } },
  ])
  state.addTurn(turn, toTurnEntries(await log.read({ ...key, run }), run))
}

function open() {
  const log = new MemoryRunLog()
  const state = new AgentState()
  const history = new SessionHistory(log)
  const read = async (maxTurns?: number) => {
    const turns = await history.read(key, state, { after: 0, maxTurns })
    return turns.map(({ turn }) => turn)
  }
  return { log, state, read }
}

test.each([
  ['large', [large, large, large, large]],
  ['large and small', [large, 'a', large, 'b']],
  ['small and large', ['a', large, 'b', large]],
])('a process that goes on with a session remembers all its turns, %s ones', async (_sizes, texts) => {
  const { log, state, read } = open()
  for (const [index, text] of texts.entries()) {
    expect(await read()).toEqual(Array.from({ length: index }, (_, turn) => turn + 1))
    await say(log, state, text)
  }
  expect(await read()).toEqual([1, 2, 3, 4])
})

test('turns that other processes carried out meanwhile are read, and only those', async () => {
  const { log, state, read } = open()
  for (const text of [large, large, large]) await say(log, state, text)
  await read()
  for (const text of [large, 'small', large]) await say(log, state, text)
  const reads = vi.spyOn(log, 'read')
  const lists = vi.spyOn(log, 'runsUpTo')
  expect(await read()).toEqual([1, 2, 3, 4, 5, 6])
  expect(reads).toHaveBeenCalledTimes(3)
  expect(lists).toHaveBeenCalledExactlyOnceWith(key, 6, 3)
})

test('turns that were taken back are not remembered, neither at once nor later', async () => {
  const { log, state, read } = open()
  for (const text of [large, large, large, large]) await say(log, state, text)
  expect(await read()).toEqual([1, 2, 3, 4])
  state.takeBack(2, { evictedMessages: 0, state: undefined })
  expect(await read()).toEqual([1])
  for (const text of [large, large]) await say(log, state, text)
  expect(await read()).toEqual([1, 5, 6])
})

test('however long a conversation is, only some of its logs are read at a time', async () => {
  const { log, state, read } = open()
  for (let turn = 1; turn <= 100; turn += 1) await say(log, state, large)
  const { read: readLog } = log
  let [reading, most] = [0, 0]
  log.read = async (...which) => {
    reading += 1
    most = Math.max(most, reading)
    await nextTurn()
    reading -= 1
    return readLog.apply(log, which)
  }
  expect(await read()).toHaveLength(100)
  expect(most).toBeLessThan(50)
})

test('only so much of conversations is remembered', async () => {
  const log = new MemoryRunLog()
  const state = new AgentState()
  for (let turn = 1; turn <= 3; turn += 1) await say(log, state, large)
  const history = new SessionHistory(log, 50_000)
  const reads = vi.spyOn(log, 'read')
  const countReads = async (after: number) => {
    reads.mockClear()
    await history.read(key, state, { after, maxTurns: undefined })
    return reads.mock.calls.length
  }
  expect([await countReads(0), await countReads(1), await countReads(0)]).toEqual([3, 2, 0])
  expect([await countReads(2), await countReads(1), await countReads(0)]).toEqual([1, 0, 3])
})

test('a window over large turns moves on with them', async () => {
  const { log, state, read } = open()
  for (const text of [large, large, large]) {
    await say(log, state, text)
    await read(2)
  }
  expect(await read(2)).toEqual([2, 3])
  await say(log, state, 'small')
  expect(await read(2)).toEqual([3, 4])
})

test('what others wrote into the state stays where it is among the turns', async () => {
  const { log, state, read } = open()
  await say(log, state, large)
  state.addTurn(1, [toRequestEntry([{ role: 'user', contents: [] }], 'theirs', new Date(0).toISOString())])
  await read()
  await say(log, state, large)
  expect(await read()).toEqual([1, 0, 2])
})
