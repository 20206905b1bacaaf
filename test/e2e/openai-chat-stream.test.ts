import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChatScene, catchError, says, toChunkText } from '../support/chat-scene.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let chat: ChatScene
beforeAll(async () => {
  chat = await ChatScene.set(bed)
})

describe('a stream of chunks', () => {
  test('begins with the role and ends with the reason and what was spent', async () => {
    const chunks = await chat.readChunks('Hello', true)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    expect(toChunkText(chunks)).toBe('You said: Hello')
    expect(chunks.slice(0, -1).map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      ...chunks.slice(0, -2).map(() => null),
      'stop',
    ])
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1)
  })

  test('says nothing of what was spent unless it is asked to', async () => {
    const chunks = await chat.readChunks('Hello')
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
    expect(chunks.at(-1)?.choices).toHaveLength(1)
  })

  test('is on its way before the run is over', async () => {
    const held = chat.book.add('hold on', { text: 'One two three four five.', holdAfterChunks: 3 })
    const stream = await chat.client.chat.completions.create({
      model: 'Assistant',
      messages: says(held),
      stream: true,
    })
    for await (const { choices } of stream) if (choices[0]?.delta.content) break
    const { response } = await chat.ask('Hello').withResponse()
    expect(response.status).toBe(200)
  })

  test('is what the helper of the client reads', async () => {
    const helper = chat.client.chat.completions.stream({ model: 'Assistant', messages: says('Hello') })
    const deltas: string[] = []
    helper.on('content', (delta) => deltas.push(delta))
    expect((await helper.finalChatCompletion()).choices[0]?.message.content).toBe('You said: Hello')
    expect(deltas.join('')).toBe('You said: Hello')
  })

  test('is marked at its end', async () => {
    const response = await fetch(`${chat.app.url}/api/compatible-mode/v1/chat/completions`, {
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
    chat.book.addRule('breaks off', () => ({
      text: 'The same words in the same order.',
      ...(asked++ === 0 && { hangUpAfterChunks: 4 }),
    }))
    expect(toChunkText(await chat.readChunks('breaks off'))).toBe('The same words in the same order.')
    expect(asked).toBe(2)
  })

  test('ends with an error where the model says something else than what was sent', async () => {
    let asked = 0
    chat.book.addRule('changes its mind', () =>
      asked++ === 0
        ? { text: 'Yes, by all means, do it.', hangUpAfterChunks: 4 }
        : { text: 'No, by no means.' },
    )
    const error = await catchError(chat.readChunks('changes its mind'))
    expect(error).toMatchObject({ code: 'answer_changed', type: 'server_error' })
    const [, run = '', session = ''] = /run "(.+)" of session "(.+)"/.exec(error.message) ?? []
    expect((await chat.app.api.waitForOutcome(session, run)).response).toBe('No, by no means.')
  })
})
