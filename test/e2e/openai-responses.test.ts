import type OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collect, createOpenAiClient, kindsOf, readFailure } from '../support/openai-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const model = 'Assistant'
let scene: RunScene
let client: OpenAI

beforeAll(async () => {
  scene = await RunScene.set(bed)
  client = createOpenAiClient(scene.host)
  scene.book.add(
    'Work',
    { text: 'Let me see. ', ...callTools(call('work', { id: 'one' })) },
    { text: 'Done.' },
  )
})

describe('the official client', () => {
  test('gets an answer as a response', async () => {
    const response = await client.responses.create({ model: 'assistant', input: 'Hi' })
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: 'response',
      status: 'completed',
      model: 'Assistant',
      output_text: 'You said: Hi',
      conversation: { id: expect.any(String) },
      usage: { input_tokens: expect.any(Number), total_tokens: expect.any(Number) },
    })
    const read = await client.responses.retrieve(response.id)
    expect(read).toEqual(response)
    expect(response._request_id).toMatch(/^[\w-]{36}$/)
    expect(read._request_id).toBe(response._request_id)
  })

  test('sees which tools the agent has called, and what they gave', async () => {
    const response = await client.responses.create({ model, input: 'Work' })
    expect(kindsOf(response)).toEqual(['message', 'mcp_call', 'message'])
    expect(response.output[1]).toMatchObject({
      type: 'mcp_call',
      server_label: 'Assistant',
      name: 'work',
      arguments: '{"id":"one"}',
      output: 'one by work',
      status: 'completed',
    })
    expect(response.output_text).toMatch(/Done\.$/)
  })

  test('streams with its helper, which ends with the response that retrieving it gives', async () => {
    const stream = client.responses.stream({ model, input: 'Work' })
    const events = await collect(stream)
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index))
    const final = await stream.finalResponse()
    expect(final.output_text).toMatch(/Done\.$/)
    expect(kindsOf(await client.responses.retrieve(final.id))).toEqual(kindsOf(final))
  })

  test('reads a stream on from any frame, and gets the same frames again', async () => {
    const { id } = await client.responses.create({ model, input: 'Work' })
    const all = await collect(await client.responses.retrieve(id, { stream: true }))
    expect(await collect(await client.responses.retrieve(id, { stream: true }))).toEqual(all)
    for (const { sequence_number: after } of all) {
      const rest = await client.responses.retrieve(id, { stream: true, starting_after: after })
      expect(await collect(rest)).toEqual(all.slice(after + 1))
    }
  })

  test('goes on with a conversation by its previous response or by its name', async () => {
    const first = await client.responses.create({ model, input: 'One', conversation: 'talk' })
    expect(first.conversation).toEqual({ id: 'talk' })
    const second = await client.responses.create({ model, input: 'Two', previous_response_id: first.id })
    const third = await client.responses.create({ model, input: 'Three', conversation: { id: 'talk' } })
    expect([second.conversation, third.conversation]).toEqual([{ id: 'talk' }, { id: 'talk' }])
    const asked = scene.model.requests.at(-1)?.body.messages.filter(({ role }) => role === 'user')
    expect(asked?.map(({ content }) => content)).toEqual(['One', 'Two', 'Three'])
    const branch = client.responses.create({ model, input: 'Or', previous_response_id: first.id })
    expect(await readFailure(branch)).toMatchObject({ status: 400, param: 'previous_response_id' })
  })

  test('gets JSON that fits the schema it asks for', async () => {
    scene.book.add('Where?', { text: '{"city":"Oslo"}' })
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const format = zodTextFormat(z.object({ city: z.string() }), 'place')
    const parsed = await client.responses.parse({ model, input: 'Where?', text: { format } })
    expect(parsed.output_parsed).toEqual({ city: 'Oslo' })
    expect(parsed.text?.format).toMatchObject({ type: 'json_schema', schema })
    const text = { format: { type: 'json_object' } } as const
    expect((await client.responses.create({ model, input: 'Where?', text })).output_text).toBe(
      '{"city":"Oslo"}',
    )
    const failed = await client.responses.create({ model, input: 'Hi', text })
    expect(failed.error).toMatchObject({ code: 'response_schema_unmet' })
  })

  test('repeats a request under its key without doing it twice', async () => {
    const ask = () =>
      client.responses.create({ model, input: 'Once' }, { headers: { 'Idempotency-Key': 'k1' } })
    const [first, second] = [await ask(), await ask()]
    expect(second).toEqual(first)
    expect(scene.model.stats().byKey.Once).toBe(1)
  })
})

test('media reach the model', async () => {
  const image_url = `data:image/png;base64,${'iVBORw0KGgo'.repeat(10)}A`
  const content = [
    { type: 'input_text', text: 'What is this?' },
    { type: 'input_image', image_url, detail: 'auto' },
  ] as const
  await client.responses.create({ model, input: [{ role: 'user', content: [...content] }] })
  expect(JSON.stringify(scene.model.requests.at(-1)?.body.messages)).toContain(image_url)
})

test('a model that fails is told as a failed response, in which nothing of its provider shows', async () => {
  const body = { error: { message: 'secret of the provider' } }
  scene.book.add('Fail', { error: { status: 400, body } })
  const failed = await client.responses.create({ model, input: 'Fail' })
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'model_error' }, output: [] })
  expect(JSON.stringify(failed)).not.toContain('secret')
  const events = await collect(await client.responses.create({ model, input: 'Fail', stream: true }))
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed' } })
})

describe('a response in the background', () => {
  test('is answered at once, and survives kill -9', async () => {
    scene.book.add('Long work', callTools(call('work', { id: 'long', gate: 'long' })), { text: 'At last.' })
    const begun = await client.responses.create({ model, input: 'Long work', background: true })
    expect(['queued', 'in_progress']).toContain(begun.status)
    await scene.waitForWork('long')
    expect((await client.responses.retrieve(begun.id)).status).toBe('in_progress')
    await scene.restart()
    const ended = await waitFor(async () => {
      const response = await client.responses.retrieve(begun.id)
      return response.status === 'in_progress' ? undefined : response
    }, 20_000)
    expect(ended).toMatchObject({ id: begun.id, status: 'completed', output_text: 'At last.' })
    expect(kindsOf(ended)).toEqual(['mcp_call', 'message'])
  })

  test('is read on from the last frame before a crash; what the model had begun to say is void', async () => {
    const steps = [{ text: 'Rain and wind and rain', holdAfterChunks: 3 }, { text: 'Sunny' }]
    scene.book.addRule('Forecast', () => steps.shift() ?? {})
    const stream = await client.responses.create({ model, input: 'Forecast', stream: true })
    const seen: ResponseStreamEvent[] = []
    const readUntilCutOff = async () => {
      for await (const event of stream) {
        seen.push(event)
        if (event.type === 'response.output_text.delta') await scene.restart()
      }
    }
    await expect(readUntilCutOff()).rejects.toThrow()
    const [created] = seen
    if (created?.type !== 'response.created') throw new Error('The stream does not begin.')
    const { id } = created.response
    const after = seen.at(-1)?.sequence_number ?? -1
    const rest = await collect(await client.responses.retrieve(id, { stream: true, starting_after: after }))
    const all = [...seen, ...rest]
    expect(all.map((event) => event.sequence_number)).toEqual(all.map((_event, index) => index))
    expect(all).toEqual(await collect(await client.responses.retrieve(id, { stream: true })))
    const done = all.filter((event) => event.type === 'response.output_item.done')
    expect(done).toMatchObject([
      { item: { status: 'incomplete', content: [] } },
      { item: { status: 'completed' } },
    ])
    expect((await client.responses.retrieve(id)).output_text).toBe('Sunny')
  })

  test('can be cancelled', async () => {
    scene.book.add('Endless', callTools(call('work', { id: 'endless', gate: 'never' })))
    const { id } = await client.responses.create({ model, input: 'Endless', background: true })
    await scene.waitForWork('endless')
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' })
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' })
  })
})
