import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { Content } from '../../src/core/messages.js'
import type { ChatClient, FinishReason } from '../../src/model/chat-client.js'
import { fold } from '../../src/run/fold.js'
import { toResponse } from '../../src/run/to-response.js'
import { accepted, completed } from '../run/event-samples.js'

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 }

function createAgent(contents: readonly Content[], finishReason: FinishReason) {
  let asked = 0
  const client: ChatClient = {
    model: 'm',
    async *stream() {
      asked += 1
      yield { type: 'completed', message: { role: 'assistant', contents }, finishReason, usage, model: 'm' }
    },
  }
  return { agent: new Agent({ name: 'Writer', client }), countCalls: () => asked }
}

const nothings: readonly [what: string, contents: readonly Content[]][] = [
  ['nothing', []],
  ['only thoughts', [{ type: 'reasoning', text: 'Hm.' }]],
  ['only what its provider keeps', [{ type: 'provider', providerData: { openai: { id: 'x' } } }]],
  ['only blanks', [{ type: 'text', text: '\n\n' }]],
]

test.each(nothings)(
  'of an answer that was too long and has %s, the run fails and says what helps',
  async (_, contents) => {
    const { agent, countCalls } = createAgent(contents, 'length')
    await expect(agent.run('Hi').finalResponse()).rejects.toMatchObject({
      code: 'answer_cut_off',
      retryable: false,
      message: expect.stringContaining('Raise maxOutputTokens in the modelSettings of agent "Writer"'),
    })
    const responseFormat = z.object({ n: z.number() })
    await expect(agent.run('Hi', { responseFormat }).finalResponse()).rejects.toMatchObject({
      code: 'answer_cut_off',
    })
    expect(countCalls()).toBe(2)
  },
)

test('of an answer that a filter has taken away it says that', async () => {
  const { agent } = createAgent([], 'content_filter')
  await expect(agent.run('Hi').finalResponse()).rejects.toMatchObject({
    code: 'answer_cut_off',
    message: "The content filter of the model's provider left nothing of the answer.",
  })
})

test.each([
  ['text', { type: 'text', text: 'Once' }],
  ['a picture', { type: 'uri', uri: 'https://example.com/a.png', mediaType: 'image/png' }],
  ['a refusal', { type: 'error', message: 'No.', errorCode: 'refusal' }],
] as const)('an answer that has %s is one, and says that it was cut off', async (_, content) => {
  const { agent } = createAgent([content], 'length')
  expect(await agent.run('Hi')).toMatchObject({ messages: [{ contents: [content] }], finishReason: 'length' })
})

test('an answer of nothing that is whole is one', async () => {
  const { agent } = createAgent([], 'stop')
  expect(await agent.run('Hi')).toMatchObject({ text: '', finishReason: 'stop' })
})

test('a run that has joined another one says how that was cut off', () => {
  const end = completed('Hel')
  if (end.type === 'run.completed') Object.assign(end.data, { finishReason: 'length' })
  const state = fold([accepted('hi'), end])
  expect(toResponse(state, 'r')).toMatchObject({ text: 'Hel', finishReason: 'length' })
})
