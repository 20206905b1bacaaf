import { expect, test } from 'vitest'
import { type HistoryTurn, keepAll, slidingWindow, summarize } from '../../src/agent/providers/compaction.js'
import { createTextMessage, toText } from '../../src/core/messages.js'
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

test('a summary is made of words: media are named, and what a provider keeps stays there', async () => {
  const client = new ScriptedModel([{ text: 'They looked.' }])
  const providerData = { openaiResponses: { item: { encrypted_content: 'secret' } } }
  const turn: HistoryTurn = {
    turn: 1,
    messages: [
      {
        role: 'user',
        contents: [
          { type: 'text', text: 'What is this?' },
          { type: 'data', uri: 'data:image/png;base64,AAAA' },
          { type: 'uri', uri: 'https://example.com/a.pdf', mediaType: 'application/pdf' },
        ],
      },
      {
        role: 'assistant',
        contents: [
          { type: 'reasoning', text: 'Hm', providerData },
          { type: 'provider', providerData },
          { type: 'functionCall', callId: 'a', name: 'look', arguments: { at: 1 }, providerData },
        ],
      },
      { role: 'tool', contents: [{ type: 'functionResult', callId: 'a', result: { is: 'a cat' } }] },
      { role: 'tool', contents: [{ type: 'functionResult', callId: 'b', error: 'too dark' }] },
    ],
  }
  await summarize({ client }).summarizer?.summarize([turn], undefined)
  expect(toText(client.requests[0]?.messages[1]?.contents ?? []).split('\n')).toEqual([
    'user: What is this? [image/png] [application/pdf: https://example.com/a.pdf]',
    'assistant: [calls look with {"at":1}]',
    'tool: [result: {"is":"a cat"}]',
    'tool: [result: Error: too dark]',
  ])
})

test('an empty summary is none: it would stand in for all that was said', async () => {
  const { summarizer } = summarize({ client: new ScriptedModel([{ text: ' ' }]) })
  await expect(summarizer?.summarize(createTurns(1), undefined)).rejects.toThrow('gave no answer')
})
