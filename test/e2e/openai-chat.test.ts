import { ContentFilterFinishReasonError, LengthFinishReasonError } from 'openai/error'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ChatScene, says, toChunkText } from '../support/chat-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let chat: ChatScene
beforeAll(async () => {
  chat = await ChatScene.set(bed)
})

describe('a chat completion', () => {
  test('is the answer of a run that our own routes know as well', async () => {
    const { data, response } = await chat.ask('Hello').withResponse()
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
    expect((await chat.app.api.outcome(session, run)).body.response).toBe('You said: Hello')
  })

  test("has its run's id as the id of the request, an error too", async () => {
    const headers = { 'x-session-id': 'ids', 'idempotency-key': 'a run' }
    const { _request_id: id } = await chat.ask('Hello', headers)
    expect(id).toBe('a%20run')
    const others = chat.client.chat.completions.create(
      { model: 'Assistant', messages: says('Bye'), stream: true },
      { headers },
    )
    await expect(others).rejects.toMatchObject({ requestID: 'a%20run', code: 'idempotency_conflict' })
    const streamed = chat.client.chat.completions.create(
      { model: 'Assistant', messages: says('Hello'), stream: true },
      { headers },
    )
    expect((await streamed.withResponse()).request_id).toBe('a%20run')
  })

  test('names the agent as it is declared', async () => {
    const { model: name } = await chat.client.chat.completions.create({
      model: 'ASSISTANT',
      messages: says('Hi'),
    })
    expect(name).toBe('Assistant')
  })

  test.each(['length', 'content_filter'] as const)('says that it ended by %s', async (reason) => {
    chat.book.add(`ends by ${reason}`, { text: 'And so', finishReason: reason })
    const { choices } = await chat.ask(`ends by ${reason}`)
    expect(choices[0]?.finish_reason).toBe(reason)
    expect((await chat.readChunks(`ends by ${reason}`)).at(-1)?.choices[0]?.finish_reason).toBe(reason)
  })

  test.each([
    ['length', LengthFinishReasonError],
    ['content_filter', ContentFilterFinishReasonError],
  ] as const)('that was cut off by %s before it was one is told as such', async (reason, failure) => {
    const asked = `is cut off by ${reason}`
    chat.book.add(asked, { reasoning: 'Hm.', finishReason: reason })
    const { choices, usage } = await chat.ask(asked)
    expect(choices).toMatchObject([{ finish_reason: reason, message: { content: '' } }])
    expect(usage?.total_tokens).toBeGreaterThan(0)
    const chunks = await chat.readChunks(asked)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe(reason)
    const cut = { text: '{"city":', finishReason: reason }
    chat.book.add(`${asked} in a shape`, cut)
    const why = reason === 'length' ? 'it was too long and cut off' : 'a content filter cut it off'
    chat.book.add(
      `That answer does not fit the JSON schema that was asked for: it is not JSON; ${why}. Answer again, with nothing but JSON that fits.`,
      cut,
    )
    const body = {
      model: 'Assistant',
      messages: says(`${asked} in a shape`),
      response_format: zodResponseFormat(z.object({ city: z.string() }), 'place'),
    }
    await expect(chat.client.chat.completions.parse(body)).rejects.toThrow(failure)
  })

  test('of a model that refuses holds its refusal', async () => {
    chat.book.add('refuse', { refusal: 'I would rather not.' })
    const { choices, usage } = await chat.ask('refuse')
    expect(choices[0]?.message).toMatchObject({ content: null, refusal: 'I would rather not.' })
    const helper = chat.client.chat.completions.stream({ model: 'Assistant', messages: says('refuse') })
    expect((await helper.finalMessage()).refusal).toBe('I would rather not.')
    const response_format = zodResponseFormat(z.object({ city: z.string() }), 'place')
    const shaped = { model: 'Assistant', messages: says('refuse'), response_format }
    const message = { refusal: 'I would rather not.', parsed: null }
    const parsed = await chat.client.chat.completions.parse(shaped)
    expect(parsed).toMatchObject({ choices: [{ message, finish_reason: 'stop' }], usage })
    const streamed = await chat.client.chat.completions.stream(shaped).finalChatCompletion()
    expect(streamed.choices[0]?.message).toMatchObject(message)
  })

  test('fits the schema that was asked for, also as a stream', async () => {
    const work = { text: 'I look it up.', ...callTools(call('look_up', { word: 'Oslo' })) }
    chat.book.add('typed', work, { text: '{"city":"Oslo"}' })
    const body = {
      model: 'Assistant',
      messages: says('typed'),
      response_format: zodResponseFormat(z.object({ city: z.string() }), 'place'),
    }
    const { choices } = await chat.client.chat.completions.parse(body)
    expect(choices[0]?.message.parsed).toEqual({ city: 'Oslo' })
    const final = await chat.client.chat.completions.stream(body).finalChatCompletion()
    expect(final.choices[0]?.message.parsed).toEqual({ city: 'Oslo' })
  })

  test('is JSON where that is all that was asked for', async () => {
    chat.book.add('any JSON', { text: 'No.' })
    const body = {
      model: 'Assistant',
      messages: says('any JSON'),
      response_format: { type: 'json_object' as const },
    }
    const failed = chat.client.chat.completions.create(body, { maxRetries: 0 })
    await expect(failed).rejects.toMatchObject({ status: 422, code: 'response_schema_unmet' })
    chat.book.add('any JSON', { text: '{"city":"Oslo"}' })
    const { choices } = await chat.client.chat.completions.create(body)
    expect(choices[0]?.message.content).toBe('{"city":"Oslo"}')
  })

  test('says what was said before and after a tool call, as a stream does', async () => {
    const work = { text: 'I look it up.', ...callTools(call('look_up', { word: 'tea' })) }
    chat.book.add('look up tea', work, { text: 'Tea is a word.' })
    const { choices, usage } = await chat.ask('look up tea')
    expect(choices[0]?.message.content).toBe('I look it up.\n\nTea is a word.')
    const chunks = await chat.readChunks('look up tea', true)
    expect(toChunkText(chunks)).toBe('I look it up.\n\nTea is a word.')
    expect(chunks.at(-1)?.usage).toEqual(usage)
  })

  test('calls no tools when it is told so', async () => {
    await chat.client.chat.completions.create({
      model: 'Assistant',
      messages: says('Hi'),
      tool_choice: 'none',
    })
    expect(chat.model.requests.at(-1)?.body).not.toHaveProperty('tools')
    await chat.ask('Hi')
    expect(chat.model.requests.at(-1)?.body).toHaveProperty('tools')
  })

  test('takes images and files', async () => {
    const image = 'data:image/png;base64,iVBORw0KGgo='
    const file = `data:application/pdf;base64,${'JVBERi0xLjQK'.repeat(6000)}`
    await chat.client.chat.completions.create({
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
    expect(chat.lastAsked().at(-1)?.content).toMatchObject([
      { type: 'text', text: 'Look:' },
      { type: 'image_url', image_url: { url: image } },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      { type: 'file', file: { file_data: file } },
    ])
  })

  test("accepts what is the agent's own to decide", async () => {
    const { choices } = await chat.client.chat.completions.create({
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
    chat.book.addRule('whisper', () => ({
      text: 'all of it, in a low voice.',
      ...(asked++ === 1 && { hangUpAfterChunks: 4 }),
    }))
    const body = { model: 'Shouting', messages: says('whisper') }
    const { choices } = await chat.client.chat.completions.create(body)
    expect(choices[0]?.message.content).toBe('ALL OF IT, IN A LOW VOICE.')
    const helper = chat.client.chat.completions.stream(body)
    expect((await helper.finalMessage()).content).toBe('ALL OF IT, IN A LOW VOICE.')
    expect(asked).toBe(3)
  })
})
