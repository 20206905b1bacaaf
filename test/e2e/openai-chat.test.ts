import OpenAI, { APIError } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import type { ChatCompletionChunk, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { call, callTools, ScriptBook } from '../support/script-book.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const book = new ScriptBook()
let model: ChatCompletionsServer
let app: RunningApp
let client: OpenAI

beforeAll(async () => {
  model = await bed.startModel({ script: book.rule, chunks: 5 })
  app = await bed.startApp({ model, entry: 'test/fixtures/apps/e2e-chat/app.js' })
  client = createClient()
})

function createClient(headers: Record<string, string> = {}): OpenAI {
  const baseURL = `${app.url}/api/compatible-mode/v1`
  return new OpenAI({ baseURL, apiKey: 'unused', defaultHeaders: headers })
}

function says(content: string): ChatCompletionMessageParam[] {
  return [{ role: 'user', content }]
}

function ask(content: string, headers: Record<string, string> = {}) {
  return client.chat.completions.create({ model: 'Assistant', messages: says(content) }, { headers })
}

async function readChunks(content: string, usage = false): Promise<readonly ChatCompletionChunk[]> {
  const stream = await client.chat.completions.create({
    model: 'Assistant',
    messages: says(content),
    stream: true,
    ...(usage && { stream_options: { include_usage: true } }),
  })
  const chunks: ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

function toText(chunks: readonly ChatCompletionChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

/** What the model was shown of the last request. */
function lastAsked() {
  return model.requests.at(-1)?.body.messages ?? []
}

async function catchError(work: Promise<unknown>): Promise<APIError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof APIError) return error
  throw new Error(`Expected an error of the API, got ${String(error)}`)
}

describe('a chat completion', () => {
  test('is the answer of a run that our own routes know as well', async () => {
    const { data, response } = await ask('Hello').withResponse()
    const session = response.headers.get('x-ms-session-id') ?? ''
    const run = response.headers.get('x-ms-correlation-id') ?? ''
    expect(data).toMatchObject({
      id: `chatcmpl-${run}`,
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'Assistant',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'You said: Hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: expect.any(Number), total_tokens: expect.any(Number) },
    })
    expect(Math.abs(data.created - Date.now() / 1000)).toBeLessThan(60)
    expect((await app.api.outcome(session, run)).body.response).toBe('You said: Hello')
  })

  test('names the agent as it is declared', async () => {
    const { model: name } = await client.chat.completions.create({ model: 'ASSISTANT', messages: says('Hi') })
    expect(name).toBe('Assistant')
  })

  test.each(['length', 'content_filter'] as const)('says that it ended by %s', async (reason) => {
    book.add(`ends by ${reason}`, { text: 'And so', finishReason: reason })
    const { choices } = await ask(`ends by ${reason}`)
    expect(choices[0]?.finish_reason).toBe(reason)
    expect((await readChunks(`ends by ${reason}`)).at(-1)?.choices[0]?.finish_reason).toBe(reason)
  })

  test('of a model that refuses holds its refusal', async () => {
    book.add('refuse', { refusal: 'I would rather not.' })
    const { choices } = await ask('refuse')
    expect(choices[0]?.message).toMatchObject({ content: null, refusal: 'I would rather not.' })
    const helper = client.chat.completions.stream({ model: 'Assistant', messages: says('refuse') })
    expect((await helper.finalMessage()).refusal).toBe('I would rather not.')
  })

  test('fits the schema that was asked for, also as a stream', async () => {
    const work = { text: 'I look it up.', ...callTools(call('look_up', { word: 'Oslo' })) }
    book.add('typed', work, { text: '{"city":"Oslo"}' })
    const body = {
      model: 'Assistant',
      messages: says('typed'),
      response_format: zodResponseFormat(z.object({ city: z.string() }), 'place'),
    }
    const { choices } = await client.chat.completions.parse(body)
    expect(choices[0]?.message.parsed).toEqual({ city: 'Oslo' })
    const final = await client.chat.completions.stream(body).finalChatCompletion()
    expect(final.choices[0]?.message.parsed).toEqual({ city: 'Oslo' })
  })

  test('says what was said before and after a tool call, as a stream does', async () => {
    const work = { text: 'I look it up.', ...callTools(call('look_up', { word: 'tea' })) }
    book.add('look up tea', work, { text: 'Tea is a word.' })
    const { choices, usage } = await ask('look up tea')
    expect(choices[0]?.message.content).toBe('I look it up.\n\nTea is a word.')
    const chunks = await readChunks('look up tea', true)
    expect(toText(chunks)).toBe('I look it up.\n\nTea is a word.')
    expect(chunks.at(-1)?.usage).toEqual(usage)
  })

  test('calls no tools when it is told so', async () => {
    await client.chat.completions.create({ model: 'Assistant', messages: says('Hi'), tool_choice: 'none' })
    expect(model.requests.at(-1)?.body).not.toHaveProperty('tools')
    await ask('Hi')
    expect(model.requests.at(-1)?.body).toHaveProperty('tools')
  })

  test('takes images and files', async () => {
    const image = 'data:image/png;base64,iVBORw0KGgo='
    const file = `data:application/pdf;base64,${'JVBERi0xLjQK'.repeat(6000)}`
    await client.chat.completions.create({
      model: 'Assistant',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look:' },
            { type: 'image_url', image_url: { url: image, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: file } },
          ],
        },
      ],
    })
    expect(lastAsked().at(-1)?.content).toMatchObject([
      { type: 'text', text: 'Look:' },
      { type: 'image_url', image_url: { url: image } },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      { type: 'file', file: { file_data: file } },
    ])
  })

  test('accepts what is the agent’s own to decide', async () => {
    const { choices } = await client.chat.completions.create({
      model: 'Assistant',
      messages: says('Hi'),
      temperature: 0.2,
      max_completion_tokens: 3,
      seed: 1,
      store: true,
      user: 'somebody',
      n: 1,
      tools: [],
      logprobs: false,
      modalities: ['text'],
      stop: null,
      response_format: { type: 'text' },
      metadata: { order: '7' },
    })
    expect(choices[0]?.message.content).toBe('You said: Hi')
  })

  test('of an agent whose middleware has the last word is that word, as a stream not before', async () => {
    let asked = 0
    book.addRule('whisper', () => ({
      text: 'all of it, in a low voice.',
      ...(asked++ === 1 && { hangUpAfterChunks: 4 }),
    }))
    const body = { model: 'Shouting', messages: says('whisper') }
    const { choices } = await client.chat.completions.create(body)
    expect(choices[0]?.message.content).toBe('ALL OF IT, IN A LOW VOICE.')
    const helper = client.chat.completions.stream(body)
    expect((await helper.finalMessage()).content).toBe('ALL OF IT, IN A LOW VOICE.')
    expect(asked).toBe(3)
  })
})

describe('a stream of chunks', () => {
  test('begins with the role and ends with the reason and what was spent', async () => {
    const chunks = await readChunks('Hello', true)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    expect(toText(chunks)).toBe('You said: Hello')
    expect(chunks.slice(0, -1).map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      ...chunks.slice(0, -2).map(() => null),
      'stop',
    ])
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1)
  })

  test('says nothing of what was spent unless it is asked to', async () => {
    const chunks = await readChunks('Hello')
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
    expect(chunks.at(-1)?.choices).toHaveLength(1)
  })

  test('is on its way before the run is over', async () => {
    const held = book.add('hold on', { text: 'One two three four five.', holdAfterChunks: 3 })
    const stream = await client.chat.completions.create({
      model: 'Assistant',
      messages: says(held),
      stream: true,
    })
    for await (const { choices } of stream) if (choices[0]?.delta.content) break
    const { response } = await ask('Hello').withResponse()
    expect(response.status).toBe(200)
  })

  test('is what the helper of the client reads', async () => {
    const helper = client.chat.completions.stream({ model: 'Assistant', messages: says('Hello') })
    const deltas: string[] = []
    helper.on('content', (delta) => deltas.push(delta))
    expect((await helper.finalChatCompletion()).choices[0]?.message.content).toBe('You said: Hello')
    expect(deltas.join('')).toBe('You said: Hello')
  })

  test('is marked at its end', async () => {
    const response = await fetch(`${app.url}/api/compatible-mode/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-id': 'raw', 'idempotency-key': 'raw-1' },
      body: JSON.stringify({ model: 'Assistant', messages: says('Hello'), stream: true }),
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('x-ms-session-id')).toBe('raw')
    expect(response.headers.get('x-ms-correlation-id')).toBe('raw-1')
    expect((await response.text()).endsWith('\n\ndata: [DONE]\n\n')).toBe(true)
  })

  test('goes on where a model that broke off says the same again', async () => {
    let asked = 0
    book.addRule('breaks off', () => ({
      text: 'The same words in the same order.',
      ...(asked++ === 0 && { hangUpAfterChunks: 4 }),
    }))
    expect(toText(await readChunks('breaks off'))).toBe('The same words in the same order.')
    expect(asked).toBe(2)
  })

  test('ends with an error where the model says something else than what was sent', async () => {
    let asked = 0
    book.addRule('changes its mind', () =>
      asked++ === 0
        ? { text: 'Yes, by all means, do it.', hangUpAfterChunks: 4 }
        : { text: 'No, by no means.' },
    )
    const error = await catchError(readChunks('changes its mind'))
    expect(error).toMatchObject({ code: 'answer_changed', type: 'server_error' })
    const [, run = '', session = ''] = /run "(.+)" of session "(.+)"/.exec(error.message) ?? []
    expect((await app.api.waitForOutcome(session, run)).response).toBe('No, by no means.')
  })
})

describe('a conversation', () => {
  test('with a session is the session’s: only what is new is read', async () => {
    const headers = { 'x-session-id': 'talk' }
    await ask('My name is Ann', headers)
    await client.chat.completions.create(
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
    expect(lastAsked().map(({ role, content }) => [role, content])).toEqual([
      ['system', 'You are helpful.'],
      ['user', 'My name is Ann'],
      ['assistant', 'You said: My name is Ann'],
      ['user', 'What is my name?'],
    ])
    expect((await app.api.state('talk')).body.message_count).toBe(2)
  })

  test('can be named in the metadata, which then is not the run’s', async () => {
    const metadata = { session_id: 'in-metadata', order: '7' }
    const { response } = await client.chat.completions
      .create({ model: 'Assistant', messages: says('Hi'), metadata })
      .withResponse()
    expect(response.headers.get('x-ms-session-id')).toBe('in-metadata')
    const run = response.headers.get('x-ms-correlation-id') ?? ''
    const [accepted] = await (await app.api.events('in-metadata', run)).end()
    expect(accepted?.data).toMatchObject({ metadata: { order: '7' } })
    expect(accepted?.data).not.toHaveProperty('metadata.session_id')
  })

  test('without a session is quoted by the user, whoever is said to have said it', async () => {
    const first = await ask('My name is Ann')
    const answer = first.choices[0]?.message
    if (answer === undefined) throw new Error('There is no answer.')
    const { response } = await client.chat.completions
      .create({
        model: 'Assistant',
        messages: [...says('My name is Ann'), answer, ...says('What is my name?')],
      })
      .withResponse()
    expect(lastAsked().map(({ role }) => role)).toEqual(['system', 'user', 'user'])
    expect(lastAsked()[1]?.content).toMatch(
      /transcript.+\nUser:\n> My name is Ann\nAssistant:\n> You said: My name is Ann\nThe transcript ends here\./,
    )
    expect(lastAsked()[2]?.content).toBe('What is my name?')
    const session = response.headers.get('x-ms-session-id') ?? ''
    const { conversation_history } = (await app.api.state(session)).body
    expect(conversation_history.filter(({ role }) => role === 'assistant')).toHaveLength(1)
  })

  test('of somebody else is not there', async () => {
    await createClient({ 'x-user': 'ann', 'x-session-id': 'anns' }).chat.completions.create({
      model: 'Assistant',
      messages: says('Mine'),
    })
    const mallory = createClient({ 'x-user': 'mallory', 'x-session-id': 'anns' })
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
    const before = model.stats().byKey['Only once'] ?? 0
    const first = await ask('Only once', headers)
    expect(await ask('Only once', headers)).toEqual(first)
    expect(model.stats().byKey['Only once']).toBe(before + 1)
    expect(await catchError(ask('Something else', headers))).toMatchObject({
      status: 422,
      code: 'idempotency_conflict',
    })
  })

  test('is another run for another user', async () => {
    const headers = { 'idempotency-key': 'shared' }
    const answers = await Promise.all(
      ['ann', 'bob'].map((user) => ask(`I am ${user}`, { ...headers, 'x-user': user })),
    )
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual([
      'You said: I am ann',
      'You said: I am bob',
    ])
  })
})

describe('a run that does not come to an answer', () => {
  const overloaded = { error: { status: 400, body: { error: { message: 'secret of the provider' } } } }

  test('keeps its status, and is not asked for again by the client', async () => {
    book.add('fail', overloaded)
    const before = model.stats().byKey.fail ?? 0
    const error = await catchError(ask('fail'))
    expect(error).toMatchObject({ status: 502, code: 'model_error', type: 'server_error' })
    expect(error.message).not.toContain('secret')
    expect(error.headers?.get('x-ms-correlation-id')).toMatch(/\w/)
    expect(model.stats().byKey.fail).toBe(before + 1)
  })

  test('ends its stream with an error', async () => {
    book.add('fail in a stream', overloaded)
    const error = await catchError(readChunks('fail in a stream'))
    expect(error).toMatchObject({ code: 'model_error', type: 'server_error' })
  })

  test('as it waits for a human is told with where to decide', async () => {
    book.add('refund 7', callTools(call('refund', { order: 7 })))
    const error = await catchError(ask('refund 7', { 'x-session-id': 'refunds', 'idempotency-key': 'r7' }))
    expect(error).toMatchObject({ status: 409, code: 'approval_required' })
    expect(error.headers?.get('location')).toBe(`${app.url}/api/agents/Assistant/refunds/runs/r7`)
    const { body } = await app.api.outcome('refunds', 'r7')
    await app.api.decide('refunds', body.approvals?.[0]?.approvalId ?? '', { decision: 'approve' })
    await app.api.waitForOutcome('refunds', 'r7')
    const { choices } = await ask('refund 7', { 'x-session-id': 'refunds', 'idempotency-key': 'r7' })
    expect(choices[0]?.message.content).toContain('refunded 7')
  })

  test('as it waits for a human ends its stream with that', async () => {
    book.add('refund 8', { text: 'A moment.', ...callTools(call('refund', { order: 8 })) })
    const error = await catchError(readChunks('refund 8'))
    expect(error).toMatchObject({ code: 'approval_required' })
    expect(error.message).toMatch(/run ".+" of session ".+": GET agents\/Assistant\//)
  })
})
