import type OpenAI from 'openai'
import { zodResponsesFunction } from 'openai/helpers/zod'
import type {
  FunctionTool,
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseFunctionToolCall,
  ResponseInputItem,
} from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collect, createOpenAiClient, kindsOf, readFailure } from '../support/openai-client.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const model = 'Assistant'
let scene: RunScene
let client: OpenAI

const showMap: FunctionTool = {
  type: 'function',
  name: 'show_map',
  description: 'Shows a place on the map of the page.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  strict: true,
}
const tools = [showMap]

function show(place: string) {
  return call('show_map', { place })
}

beforeAll(async () => {
  scene = await RunScene.set(bed)
  client = createOpenAiClient(scene.host)
  const { book } = scene
  book.add('Show Oslo', { text: 'Let me see.', ...callTools(show('Oslo')) })
  book.add('Show both', callTools(show('Oslo'), show('Bergen')))
  book.add('Show one after the other', callTools(show('Oslo')), callTools(show('Bergen')), { text: 'Seen.' })
  book.add('Work and show', callTools(call('work', { id: 'beside' }), show('Oslo')))
  book.add('Refund and show', callTools(call('refund', { order: 7, amount: 250 }), show('Oslo')))
  book.add('Show nothing', callTools(call('show_map', { where: 'Oslo' })))
})

/** The calls that a response hands over. */
function callsOf({ output }: Pick<Response, 'output'>): readonly ResponseFunctionToolCall[] {
  return output.filter((item) => item.type === 'function_call')
}

function outputOf(
  { call_id }: Pick<ResponseFunctionToolCall, 'call_id'>,
  output: ResponseInputItem.FunctionCallOutput['output'],
): ResponseInputItem {
  return { type: 'function_call_output', call_id, output }
}

function ask(input: string, more: Partial<ResponseCreateParamsNonStreaming> = {}) {
  return client.responses.create({ model, input, tools, ...more })
}

function answer(asked: Pick<Response, 'id'>, input: ResponseInputItem[], more: object = {}) {
  return client.responses.create({ model, previous_response_id: asked.id, input, tools, ...more })
}

/** Answers all calls of a response with where they were shown. */
function showAll(asked: Response) {
  const outputs = callsOf(asked).map((one) => outputOf(one, `Shown: ${JSON.parse(one.arguments).place}`))
  return answer(asked, outputs)
}

test('the model is told of the tools, and which of them it must call', async () => {
  const asked = await ask('Show Oslo', { tool_choice: { type: 'function', name: 'show_map' } })
  const body = scene.model.requests.at(-1)?.body
  expect(body?.tools?.at(-1)).toMatchObject({
    function: { name: 'show_map', description: showMap.description, parameters: showMap.parameters },
  })
  expect(body?.tool_choice).toEqual({ type: 'function', function: { name: 'show_map' } })
  expect(asked).toMatchObject({ tools, tool_choice: { type: 'function', name: 'show_map' } })
  await ask('Show both', { tool_choice: 'required' })
  expect(scene.model.requests.at(-1)?.body.tool_choice).toBe('required')
})

describe("a call of a client's tool", () => {
  test('ends the response, and its output goes on with the run, over a crash', async () => {
    const asked = await ask('Show Oslo')
    expect([asked.status, kindsOf(asked)]).toEqual(['completed', ['message', 'function_call']])
    const [open] = callsOf(asked)
    expect(open).toMatchObject({ name: 'show_map', arguments: '{"place":"Oslo"}', status: 'completed' })
    await scene.restart()
    expect(await client.responses.retrieve(asked.id)).toEqual(asked)
    const requests = scene.model.requests.length
    const done = await showAll(asked)
    expect(done).toMatchObject({ output_text: 'Tools: Shown: Oslo', previous_response_id: asked.id })
    expect(kindsOf(done)).toEqual(['message'])
    expect(await showAll(asked)).toEqual(done)
    expect(scene.model.requests.length).toBe(requests + 1)
    expect(await client.responses.retrieve(asked.id)).toEqual(asked)
    const next = await client.responses.create({ model, input: 'Thanks', previous_response_id: done.id })
    expect(next.output_text).toBe('You said: Thanks')
    const { body } = await scene.api.state(asked.conversation?.id ?? '')
    expect(body.conversation_history[1]?.agent_response?.tool_calls).toMatchObject([
      { name: 'show_map', arguments: { place: 'Oslo' }, result: 'Shown: Oslo' },
    ])
  })

  test('is streamed, and handed over by the helper with its arguments parsed', async () => {
    const shown = zodResponsesFunction({ name: 'show_map', parameters: z.object({ place: z.string() }) })
    const stream = client.responses.stream({ model, input: 'Show Oslo', tools: [shown] })
    const deltas: string[] = []
    stream.on('response.function_call_arguments.delta', ({ snapshot }) => deltas.push(snapshot))
    const events = await collect(stream)
    expect(deltas).toEqual(['{"place":"Oslo"}'])
    expect(events.at(-1)?.type).toBe('response.completed')
    const asked = await stream.finalResponse()
    const [, open] = asked.output
    if (open?.type !== 'function_call') throw new Error('Nothing is called.')
    expect(open.parsed_arguments).toEqual({ place: 'Oslo' })
    const onward = client.responses.stream({
      model,
      previous_response_id: asked.id,
      input: [outputOf(open, 'Here')],
      tools: [shown],
    })
    expect((await onward.finalResponse()).output_text).toBe('Tools: Here')
  })

  test('may be followed by another one in the next response', async () => {
    const first = await ask('Show one after the other')
    const second = await showAll(first)
    expect(callsOf(second)).toMatchObject([{ arguments: '{"place":"Bergen"}' }])
    expect((await showAll(second)).output_text).toBe('Seen.')
    // An answer that got lost is found again, also when the run has gone on since.
    expect(await showAll(first)).toEqual(second)
  })

  test('may be answered in parts, or several at once', async () => {
    const asked = await ask('Show both')
    const [oslo, bergen] = callsOf(asked)
    if (oslo === undefined || bergen === undefined) throw new Error('Two calls are missing.')
    const half = await answer(asked, [outputOf(oslo, [{ type: 'input_text', text: 'Here' }])])
    expect(callsOf(half)).toMatchObject([{ call_id: bergen.call_id }])
    expect((await answer(half, [outputOf(bergen, 'There')])).output_text).toBe('Tools: Here | There')
    const lost = await answer(asked, [outputOf(bergen, 'There')])
    expect([kindsOf(lost), lost.output_text]).toEqual([['message'], 'Tools: Here | There'])
    expect((await showAll(await ask('Show both'))).output_text).toBe('Tools: Shown: Oslo | Shown: Bergen')
  })

  test("is told apart from the agent's own, which the client has not to make", async () => {
    const asked = await ask('Work and show')
    expect(kindsOf(asked)).toEqual(['mcp_call', 'function_call'])
    expect((await showAll(asked)).output_text).toBe('Tools: beside by work | Shown: Oslo')
  })

  test('is answered together with an approval, or after it', async () => {
    const decide = ({ output }: Response) => {
      const { id = '' } = output.find(({ type }) => type === 'mcp_approval_request') ?? {}
      return { type: 'mcp_approval_response', approval_request_id: id, approve: true } as const
    }
    const asked = await ask('Refund and show')
    expect(kindsOf(asked)).toEqual(['mcp_approval_request', 'function_call'])
    const [open] = callsOf(asked)
    if (open === undefined) throw new Error('Nothing is called.')
    const done = await answer(asked, [decide(asked), outputOf(open, 'Here')])
    expect(kindsOf(done).at(-1)).toBe('message')
    expect(done.output_text).toBe('Tools: 250 for 7 | Here')
    const again = await ask('Refund and show')
    const half = await answer(again, [decide(again)])
    expect(kindsOf(half)).toEqual(['mcp_call', 'function_call'])
    expect((await showAll(half)).output_text).toBe('Tools: 250 for 7 | Shown: Oslo')
  })

  test('whose arguments do not fit never reaches the client', async () => {
    const asked = await ask('Show nothing')
    expect(callsOf(asked)).toEqual([])
    expect(asked.output_text).toContain('The arguments are not valid.')
  })

  test('is answered in a conversation of its own name too, by requests that come at the same time', async () => {
    const asked = await ask('Show Oslo', { conversation: 'map' })
    const outputs = callsOf(asked).map((one) => outputOf(one, 'Here'))
    const send = () => client.responses.create({ model, conversation: 'map', input: outputs })
    const [first, ...others] = await Promise.all([send(), send(), send()])
    expect(first?.output_text).toBe('Tools: Here')
    expect(others).toEqual([first, first])
  })

  test('is read again by whoever comes back, from any event', async () => {
    const { id } = await ask('Work and show')
    const all = await collect(await client.responses.retrieve(id, { stream: true }))
    for (const { sequence_number: after } of all) {
      const rest = await client.responses.retrieve(id, { stream: true, starting_after: after })
      expect(await collect(rest)).toEqual(all.slice(after + 1))
    }
  })

  test('may be answered together with a new message, of which the next run makes something', async () => {
    const asked = await ask('Show both')
    const outputs = callsOf(asked).map((one) => outputOf(one, 'Here'))
    const hello: ResponseInputItem = { role: 'user', content: 'Hello' }
    expect(await readFailure(answer(asked, [...outputs.slice(1), hello]))).toMatchObject({
      status: 400,
      param: 'input',
    })
    const requests = scene.model.requests.length
    const next = await answer(asked, [...outputs, hello])
    expect([next.output_text, next.conversation]).toEqual(['You said: Hello', asked.conversation])
    expect(scene.model.requests.length).toBe(requests + 1)
    const told = scene.model.requests.at(-1)?.body.messages ?? []
    expect(told.map(({ role }) => role).slice(-4)).toEqual(['assistant', 'tool', 'tool', 'user'])
    const branch = await readFailure(answer(asked, [...outputs, hello]))
    expect(branch).toMatchObject({ status: 400, param: 'previous_response_id' })
  })

  test('can be given up by cancelling its run', async () => {
    const asked = await ask('Show Oslo')
    const session = asked.conversation?.id ?? ''
    const { body } = await scene.api.state(session)
    await scene.api.cancel(session, body.run?.correlationId ?? '')
    const next = await ask('Hello', { previous_response_id: asked.id })
    expect(next.output_text).toBe('You said: Hello')
    expect(await readFailure(showAll(asked))).toMatchObject({ status: 409, code: 'result_already_reported' })
    expect(await client.responses.retrieve(asked.id)).toMatchObject({ status: 'completed' })
  })
})

describe('what cannot be taken is refused by name', () => {
  /** Sends what the client's types would not let through. */
  function create(body: object) {
    return client.post<Response>('/responses', { body: { model, input: 'Hi', ...body } })
  }

  test.each([
    ['tools.0.type', { tools: [{ type: 'web_search' }] }],
    ['tools.0.type', { tools: [{ name: 'x' }] }],
    ['tools', { tools: {} }],
    ['tools', { tools: Array.from({ length: 129 }, (_one, index) => ({ ...showMap, name: `t${index}` })) }],
    ['tools.0.name', { tools: [{ ...showMap, name: 'show map' }] }],
    ['tools.0.name', { tools: [{ ...showMap, name: 'refund' }] }],
    ['tools.1.name', { tools: [showMap, showMap] }],
    ['tools.0.parameters', { tools: [{ ...showMap, parameters: [] }] }],
    ['tools.0.parameters.type', { tools: [{ ...showMap, parameters: { type: 'string' } }] }],
    [
      'tools.0.parameters.properties',
      { tools: [{ ...showMap, parameters: { type: 'object', properties: 1 } }] },
    ],
    ['tools.0.defer_loading', { tools: [{ ...showMap, defer_loading: true }] }],
    ['tools.0.execute', { tools: [{ ...showMap, execute: 'rm' }] }],
    ['parallel_tool_calls', { tools, parallel_tool_calls: false }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tool_choice', { tool_choice: 'any', tools }],
    ['tool_choice', { tool_choice: { type: 'function', name: 'refund' }, tools }],
    ['tool_choice.type', { tool_choice: { type: 'web_search' }, tools }],
  ])('%s of a request: %o', async (param, body) => {
    expect(await readFailure(create(body))).toMatchObject({ status: 400, param })
  })

  test('a message, until the call is answered', async () => {
    const asked = await ask('Show Oslo')
    const early = ask('Well?', { previous_response_id: asked.id })
    expect(await readFailure(early)).toMatchObject({
      status: 400,
      param: 'input',
      message: expect.stringContaining(callsOf(asked)[0]?.call_id ?? '?'),
    })
  })

  test('an output that is another one than before, or of a call that there is not', async () => {
    const asked = await ask('Show Oslo')
    const { call_id = '' } = callsOf(asked)[0] ?? {}
    const other = await ask('Show Oslo')
    const forge = (...fields: readonly unknown[]) =>
      `call_${Buffer.from(JSON.stringify(fields)).toString('base64url')}`
    const [agent, session, run, callId] = JSON.parse(
      Buffer.from(call_id.slice('call_'.length), 'base64url').toString(),
    )
    const param = 'input.0.call_id'
    for (const id of ['', 'call_1', callId, `${call_id}=`, forge(agent, session, run), forge(1, 2, 3, 4)])
      expect(await readFailure(answer(asked, [outputOf({ call_id: id }, 'x')]))).toMatchObject({
        status: 400,
        param,
      })
    for (const id of [callsOf(other)[0]?.call_id ?? '', forge(agent, 'elsewhere', run, callId)])
      expect(await readFailure(answer(asked, [outputOf({ call_id: id }, 'x')]))).toMatchObject({
        status: 400,
        param,
      })
    const missing = outputOf({ call_id: forge(agent, session, run, 'none') }, 'x')
    expect(await readFailure(answer(asked, [missing]))).toMatchObject({ status: 404, param })
    const image = { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' } as const
    const drawn = outputOf({ call_id }, [image])
    expect(await readFailure(answer(asked, [drawn]))).toMatchObject({ param: 'input.0.output.0.type' })
    const twice = [outputOf({ call_id }, 'x'), outputOf({ call_id }, 'y')]
    expect(await readFailure(answer(asked, twice))).toMatchObject({ status: 400, param: 'input.1.call_id' })
    const alone = client.responses.create({ model, input: [outputOf({ call_id }, 'x')] })
    expect(await readFailure(alone)).toMatchObject({ status: 400, param: 'previous_response_id' })
    await showAll(asked)
    expect(await readFailure(answer(asked, [outputOf({ call_id }, 'Nowhere')]))).toMatchObject({
      status: 409,
      param,
      code: 'result_already_reported',
    })
  })

  test.each([
    ['tools', { tools: [{ ...showMap, name: 'show_photo' }] }],
    ['tool_choice', { tool_choice: 'none' }],
    ['text.format', { text: { format: { type: 'json_schema', name: 'x', schema: { type: 'object' } } } }],
  ])('other %s than the run was begun with', async (param, more) => {
    const asked = await ask('Show Oslo')
    const outputs = callsOf(asked).map((one) => outputOf(one, 'Here'))
    expect(await readFailure(answer(asked, outputs, more))).toMatchObject({ status: 400, param })
    expect((await showAll(asked)).output_text).toBe('Tools: Shown: Oslo')
  })

  test('the output of somebody else', async () => {
    const alice = createOpenAiClient(scene.host, 'alice')
    const asked = await alice.responses.create({ model, input: 'Show Oslo', tools })
    const outputs = callsOf(asked).map((one) => outputOf(one, 'Forged'))
    const mallory = createOpenAiClient(scene.host, 'mallory')
    for (const by of [{ previous_response_id: asked.id }, { conversation: asked.conversation?.id }]) {
      const forged = mallory.responses.create({ model, input: outputs, ...by })
      expect(await readFailure(forged)).toMatchObject({ status: 404, code: 'not_found' })
    }
  })

  test("outputs of the agent's own calls", async () => {
    scene.book.add('Refund order 9', callTools(call('refund', { order: 9, amount: 250 })))
    const asked = await ask('Refund order 9')
    const session = asked.conversation?.id ?? ''
    const { body } = await scene.api.state(session)
    const fields = [model, session, body.run?.correlationId, body.approvals?.[0]?.callId]
    const call_id = `call_${Buffer.from(JSON.stringify(fields)).toString('base64url')}`
    expect(await readFailure(answer(asked, [outputOf({ call_id }, 'refunded')]))).toMatchObject({
      status: 404,
      param: 'input.0.call_id',
    })
  })
})
