import type OpenAI from 'openai'
import type { Response } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, createOpenAiClient, kindsOf, readFailure } from '../support/openai-client.js'
import { RunScene } from '../support/run-scene.js'
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
  const refunds = [7, 8].map((order) => call('refund', { order, amount: 250 }))
  scene.book.add('Refund order 7', callTools(...refunds.slice(0, 1)), { text: 'Refunded.' })
  scene.book.add('Refund both', callTools(...refunds), { text: 'Both refunded.' })
})

/** What a response that waits asks a human. */
function questionOf({ output }: Pick<Response, 'output'>) {
  const question = output.find(({ type }) => type === 'mcp_approval_request')
  if (question?.type !== 'mcp_approval_request') throw new Error('Nothing is asked.')
  return question
}

describe('a tool that needs approval', () => {
  test('is decided together with others in one request', async () => {
    const asked = await client.responses.create({ model, input: 'Refund both' })
    expect(kindsOf(asked)).toEqual(['mcp_approval_request', 'mcp_approval_request'])
    const input = asked.output.map(({ id = '' }) => {
      return { type: 'mcp_approval_response', approval_request_id: id, approve: true } as const
    })
    const done = await client.responses.create({ model, previous_response_id: asked.id, input })
    expect(kindsOf(done)).toEqual(['mcp_call', 'mcp_call', 'message'])
    expect(done.output_text).toBe('Both refunded.')
  })

  test('lets no message be taken until it is decided, nor when others wait behind it already', async () => {
    const asked = await client.responses.create({ model, input: 'Refund order 7' })
    const conversation = asked.conversation?.id ?? ''
    const create = () => readFailure(client.responses.create({ model, input: 'Hello', conversation }))
    expect(await create()).toMatchObject({ status: 400, param: 'input' })
    await scene.api.run({ message: 'Hello', sessionId: conversation, waitForResponse: false })
    expect(await create()).toMatchObject({ status: 400, param: 'input' })
    expect((await scene.api.state(conversation)).body.message_count).toBe(2)
  })

  test('is decided after another one, whose decision may be repeated', async () => {
    const asked = await client.responses.create({ model, input: 'Refund both' })
    const decide = (previous: Response, { id = '' }: Response['output'][number]) =>
      client.responses.create({
        model,
        previous_response_id: previous.id,
        input: [{ type: 'mcp_approval_response', approval_request_id: id, approve: true }],
      })
    const [one, two] = asked.output
    if (one === undefined || two === undefined) throw new Error('Two questions are missing.')
    const half = await decide(asked, one)
    expect(kindsOf(half)).toEqual(['mcp_call', 'mcp_approval_request'])
    expect(half.output[1]).toEqual(two)
    expect(await decide(asked, one)).toEqual(half)
    const whole = await decide(half, two)
    expect(kindsOf(whole)).toEqual(['mcp_call', 'message'])
    expect(whole).toMatchObject({ output_text: 'Both refunded.', previous_response_id: half.id })
    expect(await decide(asked, one)).toEqual(half)
  })

  describe('when the answer to the first of two decisions got lost', () => {
    const ask = async () => {
      const asked = await client.responses.create({ model, input: 'Refund both' })
      const ids = asked.output.map(({ id = '' }) => id)
      const decide = (chosen: readonly string[], previous?: Response) =>
        client.responses.create({
          model,
          ...(previous ? { previous_response_id: previous.id } : { conversation: asked.conversation }),
          input: chosen.map((id) => ({
            type: 'mcp_approval_response',
            approval_request_id: id,
            approve: true,
          })),
        })
      const half = await decide(ids.slice(0, 1), asked)
      return { asked, half, ids, decide }
    }
    const results = ({ output }: Response) =>
      output.map((item) => (item.type === 'mcp_call' ? item.output : item.type))

    test('the answer to the second tells what came of both', async () => {
      const { asked, ids, decide } = await ask()
      const whole = await decide(ids.slice(1), asked)
      expect(results(whole)).toEqual(['250 for 7', '250 for 8', 'message'])
      expect(whole.previous_response_id).toBe(asked.id)
      expect(await decide(ids.slice(1), asked)).toEqual(whole)
      expect(await client.responses.retrieve(whole.id)).toEqual(whole)
      const events = await collect(await client.responses.retrieve(whole.id, { stream: true }))
      expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: whole.output } })
      const next = await client.responses.create({ model, input: 'Thanks', previous_response_id: whole.id })
      expect(next.status).toBe('completed')
    })

    test('so does the answer to both at once, whatever the client says that it has', async () => {
      for (const isSaid of [true, false]) {
        const { asked, half, ids, decide } = await ask()
        const whole = await decide(ids, isSaid ? half : undefined)
        expect(results(whole)).toEqual(['250 for 7', '250 for 8', 'message'])
        expect(whole.previous_response_id).toBe(asked.id)
      }
    })
  })

  test('ends the response with a question, and its answer goes on with the run', async () => {
    const asked = await client.responses.create({ model, input: 'Refund order 7' })
    expect([asked.status, kindsOf(asked)]).toEqual(['completed', ['mcp_approval_request']])
    const question = questionOf(asked)
    expect(question).toMatchObject({ name: 'refund', arguments: '{"order":7,"amount":250}' })
    const hasty = client.responses.create({ model, input: 'Well?', previous_response_id: asked.id })
    expect(await readFailure(hasty)).toMatchObject({ status: 400, param: 'input' })
    const answer = {
      model,
      previous_response_id: asked.id,
      input: [{ type: 'mcp_approval_response', approval_request_id: question.id, approve: true }],
    } as const
    const done = await client.responses.create({ ...answer, input: [...answer.input] })
    expect(done).toMatchObject({
      status: 'completed',
      output_text: 'Refunded.',
      previous_response_id: asked.id,
      output: [{ type: 'mcp_call', approval_request_id: question.id, output: '250 for 7' }, {}],
    })
    expect(await client.responses.create({ ...answer, input: [...answer.input] })).toEqual(done)
    expect(await client.responses.retrieve(done.id)).toEqual(done)
    expect(await client.responses.retrieve(asked.id)).toEqual(asked)
    const next = await client.responses.create({ model, input: 'Thanks', previous_response_id: done.id })
    expect(next.conversation).toEqual(asked.conversation)
  })

  test('is decided once by requests that come at the same time', async () => {
    const asked = await client.responses.create({ model, input: 'Refund order 7' })
    const { id } = questionOf(asked)
    const input = [{ type: 'mcp_approval_response', approval_request_id: id, approve: true } as const]
    const decide = () => client.responses.create({ model, previous_response_id: asked.id, input })
    const [first, ...others] = await Promise.all([decide(), decide(), decide()])
    expect(first?.output_text).toBe('Refunded.')
    expect(others).toEqual([first, first])
  })

  test('is told live once it is decided, from any host, over a restart', async () => {
    const { id, output } = await client.responses.create({ model, input: 'Refund order 7' })
    await scene.restart()
    const other = createOpenAiClient(await scene.startHost())
    const input = [
      {
        type: 'mcp_approval_response',
        approval_request_id: questionOf({ output }).id,
        approve: true,
      } as const,
    ]
    const stream = await other.responses.create({ model, previous_response_id: id, input, stream: true })
    const events = await collect(stream)
    const [created] = events
    if (created?.type !== 'response.created') throw new Error('The stream does not begin.')
    const again = await client.responses.retrieve(created.response.id, { stream: true })
    expect(await collect(again)).toEqual(events)
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
  })
})
