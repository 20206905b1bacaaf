import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import { type Content, noUsage, toText } from '../../src/core/messages.js'
import type { Schema } from '../../src/core/schema.js'
import type { ChatClient, FinishReason } from '../../src/model/chat-client.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'

const profile = z.object({ name: z.string(), age: z.int().min(0), since: z.string().transform(Number) })
const jane = '{"name":"Jane","age":28,"since":"2020"}'

function createAgent(script: ModelScript) {
  const client = new ScriptedModel(script)
  return { client, agent: new Agent({ name: 'Extractor', client }) }
}

test('the value has the type that the schema gives, also when the run is iterated', async () => {
  const { agent } = createAgent([{ text: jane, chunks: [jane.slice(0, 9), jane.slice(9)] }])
  const run = agent.run('Jane, 28', { responseFormat: profile })
  let text = ''
  for await (const update of run) text += update.text
  const { value } = await run.finalResponse()
  expect(text).toBe(jane)
  expect(value).toEqual({ name: 'Jane', age: 28, since: 2020 })
  expectTypeOf(value).toEqualTypeOf<{ name: string; age: number; since: number }>()
})

test('an answer that does not fit is sent back once, with what is wrong', async () => {
  const { agent, client } = createAgent([{ text: '{"name":"Jane","age":-1,"since":"2020"}' }, { text: jane }])
  const session = agent.createSession()
  const response = await agent.run('Jane, 28', { responseFormat: profile, session })
  expect(response.value.age).toBe(28)
  expect(response.usage.totalTokens).toBe(30)
  const shown = client.requests[1]?.messages.map(({ role, contents }) => [role, toText(contents)])
  expect(shown?.slice(1)).toEqual([
    ['assistant', expect.stringContaining('-1')],
    ['user', expect.stringMatching(/does not fit.*age: .*>=0/)],
  ])
})

test.each(['```json\n', '```\n', '\n```JSON \n\n'])(
  'an answer in a block of code that begins with %j is read',
  async (fence) => {
    const { agent } = createAgent([{ text: [fence, jane, '\n```\n'].join('') }])
    expect((await agent.run('Jane, 28', { responseFormat: profile })).value.age).toBe(28)
  },
)

test('a block of code that begins and never ends is no answer, however many lines it has', async () => {
  const { agent } = createAgent([{ text: ['```', ...new Array(50_000), 'x'].join('\n') }, { text: jane }])
  expect((await agent.run('Jane, 28', { responseFormat: profile })).value.age).toBe(28)
})

test('the answer that was sent back is no part of the conversation', async () => {
  const { agent } = createAgent([{ text: 'Jane is 28.' }, { text: jane }])
  const session = agent.createSession()
  const { messages } = await agent.run('Jane, 28', { responseFormat: profile, session })
  expect(messages.map(({ contents }) => toText(contents))).toEqual([jane])
  expect(session.messages).toHaveLength(2)
})

test("an agent's own schema holds for runs that ask for no other", async () => {
  const client = new ScriptedModel([
    { text: '{"name":"Jane","age":-1,"since":"2020"}' },
    { text: jane },
    { text: '{"n":4}' },
  ])
  const agent = new Agent({ name: 'Extractor', client, responseFormat: profile })
  expect((await agent.run('Jane, 28')).value).toEqual({ name: 'Jane', age: 28, since: 2020 })
  expect(client.requests[0]?.responseFormat?.schema).toMatchObject({ required: ['name', 'age', 'since'] })
  expect((await agent.run('?', { responseFormat: z.object({ n: z.number() }) })).value).toEqual({ n: 4 })
  expect(client.requests[2]?.responseFormat?.schema).toMatchObject({ required: ['n'] })
})

test('what only the schema in code can check is sent back too', async () => {
  const even = z.object({ n: z.number().refine((n) => n % 2 === 0, 'must be even') })
  const { agent, client } = createAgent([{ text: '{"n":3}' }, { text: '{"n":4}' }])
  expect((await agent.run('?', { responseFormat: even })).value).toEqual({ n: 4 })
  expect(JSON.stringify(client.requests[1])).toContain('must be even')
})

test('a second misfit is a failure that says where', async () => {
  const { agent } = createAgent([{ text: '{}' }, { text: '{"name":5,"age":1,"since":"1"}' }])
  await expect(agent.run('?', { responseFormat: profile })).rejects.toMatchObject({
    code: 'response_schema_unmet',
    issues: [{ path: 'name' }],
  })
})

/** A client whose every answer is the same. */
function answering(contents: readonly Content[], finishReason: FinishReason): Agent {
  const message = { role: 'assistant', contents } as const
  const client: ChatClient = {
    model: 'm',
    async *stream() {
      yield { type: 'completed', message, finishReason, usage: noUsage, model: 'm' }
    },
  }
  return new Agent({ name: 'Extractor', client })
}

test.each([
  ['length', ['it is not JSON', 'it was too long and cut off']],
  ['content_filter', ['it is not JSON', 'a content filter cut it off']],
  ['stop', ['it is not JSON']],
] as const)('of an answer that ended by %s it is said why it does not fit', async (reason, messages) => {
  const agent = answering([{ type: 'text', text: '{"name":"Ja' }], reason)
  await expect(agent.run('Jane', { responseFormat: profile }).finalResponse()).rejects.toMatchObject({
    code: 'response_schema_unmet',
    issues: messages.map((message) => ({ path: '', message })),
  })
})

test('the failure of an answer in a shape that was cut off says what helps', async () => {
  const agent = answering([{ type: 'text', text: '{"name":"Ja' }], 'length')
  await expect(agent.run('Jane', { responseFormat: profile }).finalResponse()).rejects.toThrow(
    'Raise maxOutputTokens in the modelSettings of agent "Extractor"',
  )
})

test('a refusal in place of an answer in a shape is told in its words', async () => {
  const agent = answering([{ type: 'error', message: 'I will not.', errorCode: 'refusal' }], 'stop')
  await expect(agent.run('Jane', { responseFormat: profile }).finalResponse()).rejects.toMatchObject({
    code: 'response_schema_unmet',
    issues: [{ path: '', message: 'it is a refusal: I will not.' }],
  })
})

test('models are held to schemas that can be strict, and only to those', async () => {
  const loose = tool({
    name: 'loose',
    description: '',
    parameters: z.object({ limit: z.number().optional() }),
    execute: () => 1,
  })
  const { agent, client } = createAgent([{ text: jane }])
  await agent.run('?', { responseFormat: profile, tools: [loose] })
  expect(client.requests[0]).toMatchObject({
    responseFormat: {
      strict: true,
      schema: { additionalProperties: false, required: ['name', 'age', 'since'] },
    },
  })
  expect(client.requests[0]?.tools?.[0]).not.toHaveProperty('strict')
  expect(client.requests[0]?.tools?.[0]?.parameters).not.toHaveProperty('additionalProperties')
})

test('any library that follows Standard Schema will do', async () => {
  const shout: Schema<{ word: string }> = {
    '~standard': {
      version: 1,
      vendor: 'by-hand',
      validate: (value) =>
        typeof value === 'object' && value !== null && 'word' in value && typeof value.word === 'string'
          ? { value: { word: value.word.toUpperCase() } }
          : { issues: [{ message: 'must have a word', path: ['word'] }] },
      jsonSchema: {
        input: () => ({ type: 'object', properties: { word: { type: 'string' } }, required: ['word'] }),
        output: () => ({}),
      },
    },
  }
  const said: string[] = []
  const say = tool({
    name: 'say',
    description: '',
    parameters: shout,
    execute: ({ word }) => {
      expectTypeOf(word).toEqualTypeOf<string>()
      said.push(word)
    },
  })
  const { agent, client } = createAgent([
    {
      calls: [
        { name: 'say', arguments: { word: 'hi' } },
        { name: 'say', arguments: {} },
      ],
    },
    { text: '{"word":"bye"}' },
  ])
  const { value } = await agent.run('?', { tools: [say], responseFormat: shout })
  expect([said, value]).toEqual([['HI'], { word: 'BYE' }])
  expect(JSON.stringify(client.requests[1])).toContain('word: must have a word')
})
