import { expect, test } from 'vitest'
import { type HistoryTurn, keepAll, slidingWindow, summarize } from '../../src/agent/providers/compaction.js'
import { createTextMessage } from '../../src/core/messages.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'

function createTurns(count: number, size = 10): readonly HistoryTurn[] {
  return Array.from({ length: count }, (_, index) => ({
    turn: index + 1,
    messages: [
      createTextMessage('user', 'x'.repeat(size)),
      createTextMessage('assistant', `answer ${index + 1}`),
    ],
  }))
}

const numbers = (turns: readonly HistoryTurn[]) => turns.map(({ turn }) => turn)

test('keepAll shows everything', () => {
  expect(numbers(keepAll().select(createTurns(100)))).toHaveLength(100)
  expect(keepAll().maxTurns).toBeUndefined()
})

test.each([
  [{ maxTurns: 3 }, 10, [8, 9, 10]],
  [{ maxTurns: 30 }, 3, [1, 2, 3]],
  [{ maxTurns: 0 }, 3, []],
  [{}, 25, Array.from({ length: 20 }, (_, index) => index + 6)],
])('a sliding window of %j over %i turns shows whole newest turns', (options, count, shown) => {
  expect(numbers(slidingWindow(options).select(createTurns(count)))).toEqual(shown)
})

test('a sliding window by tokens keeps whole turns, and always the newest', () => {
  const turns = createTurns(10, 4000)
  const perTurn = Math.ceil(JSON.stringify(turns[0]?.messages).length / 4)
  const select = (maxTokens: number) => numbers(slidingWindow({ maxTokens }).select(turns))
  expect(select(perTurn * 3 + 10)).toEqual([8, 9, 10])
  expect(select(perTurn * 3 - 10)).toEqual([9, 10])
  expect(select(1)).toEqual([10])
  expect(select(10_000_000)).toHaveLength(10)
  expect(slidingWindow({ maxTokens: 5 }).select([])).toEqual([])
})

test('a summary is asked of its own model, with the summary before it', async () => {
  const client = new ScriptedModel([{ text: 'They talked.' }])
  const { summarizer } = summarize({ client, keepTurns: 2, everyTurns: 3, instructions: 'Sum up.' })
  expect(summarizer).toMatchObject({ keepTurns: 2, everyTurns: 3 })
  expect(await summarizer?.summarize(createTurns(1), 'Before.')).toMatchObject({ text: 'They talked.' })
  const [request] = client.requests
  expect(request?.messages).toEqual([
    createTextMessage('system', 'Sum up.'),
    createTextMessage('user', 'Summary of what came before: Before.\nuser: xxxxxxxxxx\nassistant: answer 1'),
  ])
})

test('options that there are not are named', () => {
  const window = { turns: 3 }
  expect(() => slidingWindow(window as object)).toThrow('slidingWindow has no option "turns".')
  const summary = { client: new ScriptedModel([]), keep: 3 }
  expect(() => summarize(summary)).toThrow('summarize has no option "keep".')
  expect(() => summarize({} as typeof summary)).toThrow('summarize needs a client')
})
