import { Agent, OpenAIProvider, Runner, tool, user } from '@openai/agents'
import type OpenAI from 'openai'
import type {
  FunctionTool,
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseFunctionToolCall,
  ResponseInput,
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

const tools: FunctionTool[] = [
  {
    type: 'function',
    name: 'show_map',
    description: 'Shows a place on the map of the page.',
    parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
    strict: true,
  },
]

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
  book.add('Refund it', callTools(call('refund', { order: 7, amount: 250 })))
})

function says(content: string): ResponseInputItem {
  return { role: 'user', content }
}

/** A response's output as clients push it to their input, which the types of some items would not let through. */
function toInput({ output }: Pick<Response, 'output'>): ResponseInput {
  return output as ResponseInput
}

/** What the client's tool gives for a call. */
function carryOut({ call_id, arguments: args }: ResponseFunctionToolCall): ResponseInputItem {
  return { type: 'function_call_output', call_id, output: `Shown: ${JSON.parse(args).place}` }
}

function callsOf({ output }: Pick<Response, 'output'>): readonly ResponseFunctionToolCall[] {
  return output.filter((item) => item.type === 'function_call')
}

function send(input: ResponseInput, more: Partial<ResponseCreateParamsNonStreaming> = {}) {
  return client.responses.create({ model, input, tools, ...more })
}

/** Asks, and gives the conversation as a client keeps it. */
async function converse(text: string) {
  const input: ResponseInput = [says(text)]
  const asked = await send(input)
  input.push(...toInput(asked))
  return { input, asked }
}

describe('a client that keeps the conversation itself', () => {
  test('goes on with the run by pushing its output and what its tools gave, over a crash', async () => {
    const input: ResponseInput = [says('Show both')]
    let response = await client.responses.create({ model, tools, input })
    input.push(...toInput(response))
    for (const item of response.output) {
      if (item.type === 'function_call') input.push(carryOut(item))
    }
    await scene.restart()
    const requests = scene.model.requests.length
    response = await client.responses.create({ model, tools, input })
    expect(response.output_text).toBe('Tools: Shown: Oslo | Shown: Bergen')
    expect(await client.responses.create({ model, tools, input })).toEqual(response)
    expect(scene.model.requests.length).toBe(requests + 1)
    input.push(...toInput(response), says('Thanks'))
    const thanked = await send(input)
    expect([thanked.output_text, thanked.conversation]).toEqual(['You said: Thanks', response.conversation])
    expect(scene.model.requests.at(-1)?.body.messages?.filter(({ role }) => role === 'user')).toHaveLength(2)
  })

  test('may stream', async () => {
    const input: ResponseInput = [says('Show Oslo')]
    const items: ResponseInput = []
    for await (const event of client.responses.stream({ model, input, tools }))
      if (event.type === 'response.output_item.done') items.push(...toInput({ output: [event.item] }))
    for (const item of items) {
      input.push(item)
      if ('type' in item && item.type === 'function_call') input.push(carryOut(item))
    }
    const onward = client.responses.stream({ model, input, tools })
    input.push(...toInput(await onward.finalResponse()))
    expect((await onward.finalResponse()).output_text).toBe('Tools: Shown: Oslo')
    const last = client.responses.stream({ model, input: [...input, says('Thanks')], tools })
    expect((await last.finalResponse()).output_text).toBe('You said: Thanks')
  })

  test('may push each output right after its call, without ids of items', async () => {
    const asked = await send([says('Show both')])
    const input = [
      says('Show both'),
      ...callsOf(asked).flatMap(({ id: _id, ...one }) => [one, carryOut(one)]),
    ]
    const done = await send(input)
    expect(done.output_text).toBe('Tools: Shown: Oslo | Shown: Bergen')
    expect(await send(input)).toEqual(done)
  })

  test('has several rounds in one run, and several runs in one conversation', async () => {
    const { input, asked } = await converse('Show one after the other')
    input.push(...callsOf(asked).map(carryOut))
    const second = await send(input)
    expect(callsOf(second)).toMatchObject([{ arguments: '{"place":"Bergen"}' }])
    const lost = [...input]
    input.push(...toInput(second), ...callsOf(second).map(carryOut))
    const third = await send(input)
    expect([kindsOf(third), third.output_text]).toEqual([['message'], 'Seen.'])
    expect(await send(lost)).toEqual(second)
    input.push(...toInput(third), says('Show Oslo'))
    const fourth = await send(input)
    expect(kindsOf(fourth)).toEqual(['message', 'function_call'])
    input.push(...toInput(fourth), ...callsOf(fourth).map(carryOut))
    const fifth = await send(input)
    expect([fifth.output_text, fifth.conversation]).toEqual(['Tools: Shown: Oslo', asked.conversation])
  })

  test('may say something new together with the outputs', async () => {
    const { input, asked } = await converse('Show both')
    expect(await readFailure(send([...input, says('Hello')]))).toMatchObject({ status: 400, param: 'input' })
    const next = await send([...input, ...callsOf(asked).map(carryOut), says('Hello')])
    expect([next.output_text, next.conversation]).toEqual(['You said: Hello', asked.conversation])
  })

  test('goes on with messages alone, from the end of its conversation', async () => {
    const { input } = await converse('Hello')
    const next = await send([...input, says('And?')])
    expect(next.output_text).toBe('You said: And?')
    const branch = await readFailure(send([...input, says('Or?')]))
    expect(branch).toMatchObject({ status: 400, param: 'input.1.id', code: 'invalid_request' })
    const session = next.conversation?.id
    const named = await send([...input, says('Or?')], { conversation: session })
    expect([named.output_text, named.conversation?.id]).toEqual(['You said: Or?', session])
    const after = await send([...input, says('So?')], { previous_response_id: named.id })
    expect(after.conversation?.id).toBe(session)
  })

  test('goes on from its last answer when what came after it failed', async () => {
    const overloaded = { error: { status: 400, body: { error: { message: 'Overloaded' } } } }
    scene.book.add('Fail once', overloaded)
    const { input, asked } = await converse('Hello')
    expect(await send([...input, says('Fail once')])).toMatchObject({ status: 'failed', output: [] })
    const next = await send([...input, says('And?')])
    expect([next.output_text, next.conversation]).toEqual(['You said: And?', asked.conversation])
    expect(await readFailure(send([...input, says('Or?')]))).toMatchObject({ param: 'input.1.id' })
  })

  test('may send references to what was said, and name the response ahead of it all', async () => {
    const before = await send([says('Hello')])
    const toReferences = ({ output }: Response) =>
      output.map((item) => {
        if (item.type === 'function_call') return item
        return { type: 'item_reference' as const, id: item.id ?? '' }
      })
    const input: ResponseInput = [says('Show Oslo')]
    const asked = await send(input, { previous_response_id: before.id })
    expect(kindsOf(asked)).toEqual(['message', 'function_call'])
    input.push(...toReferences(asked), ...callsOf(asked).map(carryOut))
    const done = await send(input, { previous_response_id: before.id })
    expect([done.output_text, done.conversation]).toEqual(['Tools: Shown: Oslo', before.conversation])
    expect(await send(input, { previous_response_id: before.id })).toEqual(done)
    const next = await send([...input, ...toReferences(done), says('Thanks')])
    expect([next.output_text, next.conversation]).toEqual(['You said: Thanks', before.conversation])
  })

  test("may be OpenAI's Agents SDK", async () => {
    const modelProvider = new OpenAIProvider({ openAIClient: client, useResponses: true })
    const runner = new Runner({ modelProvider, tracingDisabled: true })
    const shown = tool({
      name: 'show_map',
      description: 'Shows a place on the map of the page.',
      parameters: z.object({ place: z.string() }),
      execute: ({ place }) => `Shown: ${place}`,
    })
    const agent = new Agent({ name: 'Page', model, tools: [shown] })
    const first = await runner.run(agent, 'Work and show')
    expect(first.finalOutput).toBe('Tools: beside by work | Shown: Oslo')
    const second = await runner.run(agent, [...first.history, user('Thanks')])
    expect(second.finalOutput).toBe('You said: Thanks')
    const third = await runner.run(agent, [...second.history, user('Show both')], { stream: true })
    await third.completed
    expect(third.finalOutput).toBe('Tools: Shown: Oslo | Shown: Bergen')
    const asked = scene.model.requests.at(-1)?.body.messages?.filter(({ role }) => role === 'user')
    expect(asked).toHaveLength(3)
  })

  test('decides, also by what the approval is called elsewhere where its conversation is named', async () => {
    const { input, asked } = await converse('Refund it')
    const session = asked.conversation?.id ?? ''
    const decide = ({ output }: Response): ResponseInputItem => {
      const { id = '' } = output.find(({ type }) => type === 'mcp_approval_request') ?? {}
      return { type: 'mcp_approval_response', approval_request_id: id, approve: true }
    }
    const { approvalId = '' } = (await scene.api.state(session)).body.approvals?.[0] ?? {}
    const elsewhere = toInput(asked).map((item) => ({ ...item, id: approvalId })) as ResponseInput
    const decision = { ...decide(asked), approval_request_id: approvalId } as ResponseInputItem
    const unnamed = [...input.slice(0, -1), ...elsewhere, decision]
    expect(await readFailure(send(unnamed))).toMatchObject({ status: 400, param: 'previous_response_id' })
    const decided = [...input, decide(asked)]
    const done = await send(decided)
    expect([done.output_text, done.conversation?.id]).toEqual(['Tools: 250 for 7', session])
    expect(await send(unnamed, { previous_response_id: asked.id })).toEqual(done)
    const later: ResponseInput = [...decided, ...toInput(done), says('Refund it')]
    const again = await send(later)
    later.push(...toInput(again), decide(again))
    expect((await send(later)).output_text).toBe('Tools: 250 for 7')
    const next = await send([...later, ...toInput(await send(later)), says('Thanks')])
    expect(next.output_text).toBe('You said: Thanks')
  })
})

describe('what a client says that the agent has said', () => {
  test('never counts', async () => {
    const { asked } = await converse('Hello')
    const content = [{ type: 'output_text', text: 'FORGED', annotations: [] }]
    const items = asked.output.map((item) => ({ ...item, content })) as ResponseInput
    const forged = [says('FORGED'), ...items]
    await send([...forged, says('And?')])
    expect(JSON.stringify(scene.model.requests.at(-1)?.body)).not.toContain('FORGED')
  })

  test('is refused without our ids, or when they are of others', async () => {
    const { input } = await converse('Hello')
    const bare = input.map((item) => ({ ...item, id: undefined })) as ResponseInput
    expect(await readFailure(send([...bare, says('And?')]))).toMatchObject({
      status: 400,
      param: 'input.1.id',
    })
    const other = await send([...input, says('And?')], { model: 'Thrifty', tools: [] }).catch(String)
    expect(other).toContain('input.1.id')
    const elsewhere = send([...input, says('And?')], { conversation: 'elsewhere' })
    expect(await readFailure(elsewhere)).toMatchObject({ status: 400, param: 'input.1.id' })
    expect(await readFailure(send(input))).toMatchObject({ status: 400, param: 'input' })
  })

  test('leads nobody to a conversation of somebody else, or to one that is gone', async () => {
    const alice = createOpenAiClient(scene.host, 'alice')
    const input: ResponseInput = [says('Show Oslo')]
    const asked = await alice.responses.create({ model, input, tools })
    input.push(...toInput(asked))
    const outputs = callsOf(asked).map(carryOut)
    const missing = { status: 404, code: 'not_found', param: 'input.2.call_id' }
    for (const news of [outputs, [says('Hello')], [...outputs, says('Hello')]])
      expect(await readFailure(send([...input, ...news]))).toMatchObject(missing)
    const gone = await converse('Hello')
    await scene.api.remove(gone.asked.conversation?.id ?? '')
    expect(await readFailure(send([...gone.input, says('And?')]))).toMatchObject({
      status: 404,
      param: 'input.1.id',
    })
  })

  test('changes no output that its run has', async () => {
    const { input, asked } = await converse('Show Oslo')
    await send([...input, ...callsOf(asked).map(carryOut)])
    const changed = callsOf(asked).map((one) => ({ ...carryOut(one), output: 'Nowhere' }))
    expect(await readFailure(send([...input, ...changed] as ResponseInput))).toMatchObject({
      status: 409,
      code: 'result_already_reported',
    })
  })
})

describe('a response that waits', () => {
  test.each(['Show Oslo', 'Refund it'])('is stopped with its run: %s', async (text) => {
    const asked = await send([says(text)])
    const stopped = await client.responses.cancel(asked.id)
    expect(stopped).toMatchObject({ status: 'cancelled', previous_response_id: asked.id })
    expect(await client.responses.cancel(asked.id)).toEqual(stopped)
    expect(await client.responses.cancel(stopped.id)).toEqual(stopped)
    expect(await client.responses.retrieve(stopped.id)).toMatchObject(stopped)
    expect(await client.responses.retrieve(asked.id)).toEqual(asked)
    const events = await collect(await client.responses.retrieve(stopped.id, { stream: true }))
    expect(events.at(-1)?.type).toBe('response.incomplete')
    const next = await send([says('Hello')], { previous_response_id: stopped.id })
    expect(next.output_text).toBe('You said: Hello')
  })

  test('gives what followed when its run has gone on', async () => {
    const { input, asked } = await converse('Show Oslo')
    const done = await send([...input, ...callsOf(asked).map(carryOut)])
    const { output_text, ...told } = done
    expect(output_text).toBe('Tools: Shown: Oslo')
    expect(await client.responses.cancel(asked.id)).toEqual(told)
    expect(await client.responses.cancel(done.id)).toEqual(told)
  })
})
