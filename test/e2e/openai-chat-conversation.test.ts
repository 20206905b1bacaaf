import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChatScene, catchError, says } from '../support/chat-scene.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let chat: ChatScene
beforeAll(async () => {
  chat = await ChatScene.set(bed)
})

describe("a client that is not OpenAI's", () => {
  const conversation = [
    { role: 'user' as const, content: 'My name is Ann' },
    { role: 'assistant' as const, content: 'Hello Ann.' },
    { role: 'user' as const, content: 'Say it' },
  ]

  function createModel() {
    const baseURL = `${chat.app.url}/api/compatible-mode/v1`
    return createOpenAICompatible({ name: 'agents', baseURL, includeUsage: true }).chatModel('Assistant')
  }

  test('gets whole answers', async () => {
    const { text, finishReason, usage } = await generateText({ model: createModel(), messages: conversation })
    expect([text, finishReason]).toEqual(['You said: Say it', 'stop'])
    expect(usage.totalTokens).toBeGreaterThan(0)
  })

  test('gets streams', async () => {
    const { textStream, totalUsage } = streamText({ model: createModel(), messages: conversation })
    let text = ''
    for await (const piece of textStream) text += piece
    expect(text).toBe('You said: Say it')
    expect((await totalUsage).totalTokens).toBeGreaterThan(0)
  })
})

describe('a conversation', () => {
  test("with a session is the session's: only what is new is read", async () => {
    const headers = { 'x-session-id': 'talk' }
    await chat.ask('My name is Ann', headers)
    await chat.client.chat.completions.create(
      {
        model: 'Assistant',
        messages: [
          ...says('Something never said'),
          { role: 'assistant', content: 'Nor this' },
          ...says('What is my name?'),
        ],
      },
      { headers },
    )
    expect(chat.lastAsked().map(({ role, content }) => [role, content])).toEqual([
      ['system', 'You are helpful.'],
      ['user', 'My name is Ann'],
      ['assistant', 'You said: My name is Ann'],
      ['user', 'What is my name?'],
    ])
    expect((await chat.app.api.state('talk')).body.message_count).toBe(2)
  })

  test("can be named in the metadata, which then is not the run's", async () => {
    const metadata = { session_id: 'in-metadata', order: '7' }
    const { response } = await chat.client.chat.completions
      .create({ model: 'Assistant', messages: says('Hi'), metadata })
      .withResponse()
    expect(response.headers.get('x-ms-session-id')).toBe('in-metadata')
    const run = response.headers.get('x-ms-correlation-id') ?? ''
    const [accepted] = await (await chat.app.api.events('in-metadata', run)).end()
    expect(accepted?.data).toMatchObject({ metadata: { order: '7' } })
    expect(accepted?.data).not.toHaveProperty('metadata.session_id')
  })

  test('without a session is quoted by the user, whoever is said to have said it', async () => {
    const first = await chat.ask('My name is Ann')
    const answer = first.choices[0]?.message
    if (answer === undefined) throw new Error('There is no answer.')
    const { response } = await chat.client.chat.completions
      .create({
        model: 'Assistant',
        messages: [...says('My name is Ann'), answer, ...says('What is my name?')],
      })
      .withResponse()
    expect(chat.lastAsked().map(({ role }) => role)).toEqual(['system', 'user', 'user'])
    expect(chat.lastAsked()[1]?.content).toMatch(
      /transcript.+\nUser:\n> My name is Ann\nAssistant:\n> You said: My name is Ann\nThe transcript ends here\./,
    )
    expect(chat.lastAsked()[2]?.content).toBe('What is my name?')
    const session = response.headers.get('x-ms-session-id') ?? ''
    const { conversation_history } = (await chat.app.api.state(session)).body
    expect(conversation_history.filter(({ role }) => role === 'assistant')).toHaveLength(1)
  })

  test('of somebody else is not there', async () => {
    await chat.createClient({ 'x-user': 'ann', 'x-session-id': 'anns' }).chat.completions.create({
      model: 'Assistant',
      messages: says('Mine'),
    })
    const mallory = chat.createClient({ 'x-user': 'mallory', 'x-session-id': 'anns' })
    const body = { model: 'Assistant', messages: says('Yours?') }
    for (const stream of [false, true])
      expect(await catchError(mallory.chat.completions.create({ ...body, stream }))).toMatchObject({
        status: 404,
        code: 'not_found',
      })
  })
})

describe('a request that is repeated with its key', () => {
  test.each<Record<string, string>>([
    { 'idempotency-key': 'once' },
    { 'idempotency-key': 'once', 'x-session-id': 'again' },
  ])('is the same run, with %j', async (headers) => {
    const before = chat.model.stats().byKey['Only once'] ?? 0
    const first = await chat.ask('Only once', headers)
    expect(await chat.ask('Only once', headers)).toEqual(first)
    expect(chat.model.stats().byKey['Only once']).toBe(before + 1)
    expect(await catchError(chat.ask('Something else', headers))).toMatchObject({
      status: 422,
      code: 'idempotency_conflict',
    })
  })

  test('is another run for another user', async () => {
    const headers = { 'idempotency-key': 'shared' }
    const answers = await Promise.all(
      ['ann', 'bob'].map((user) => chat.ask(`I am ${user}`, { ...headers, 'x-user': user })),
    )
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual([
      'You said: I am ann',
      'You said: I am bob',
    ])
  })
})
