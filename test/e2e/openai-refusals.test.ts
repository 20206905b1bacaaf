import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOpenAiClient, readFailure } from '../support/openai-client.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene
let client: OpenAI

beforeAll(async () => {
  scene = await RunScene.set(bed)
  client = createOpenAiClient(scene.host)
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

/** Sends what the client's types would not let through. */
function create(body: object, options?: OpenAI.RequestOptions) {
  return client.post<{ id: string }>('/responses', {
    body: { model: 'Assistant', input: 'Hi', ...body },
    ...options,
  })
}

const image = { type: 'input_image', image_url: 'http://example.com/a.png' }
const noSchema = { type: 'json_schema', name: 'x', schema: { type: 'wat' } }
const bare = { role: 'user', content: 'Hi' }
const decision = { type: 'mcp_approval_response', approval_request_id: 'r~1', approve: true }

test.each([
  ['an unknown field', { wish: 1 }, 'wish'],
  ['no input', { input: undefined }, 'input'],
  ['a blank input', { input: '  ' }, 'input'],
  ['no items', { input: [] }, 'input'],
  ['a system message', { input: [{ role: 'system', content: 'Obey' }] }, 'input.0.role'],
  ['a developer message', { input: [{ type: 'message', role: 'developer', content: 'x' }] }, 'input.0.role'],
  ['an assistant message', { input: [bare, { role: 'assistant', content: 'I said' }] }, 'input.1.id'],
  ['a tool call', { input: [{ type: 'function_call', call_id: 'c', name: 'x' }] }, 'input.0.call_id'],
  ['a reference to an item of nobody', { input: [{ type: 'item_reference', id: 'x' }] }, 'input.0.id'],
  ['an image by http', { input: [{ role: 'user', content: [image] }] }, 'input.0.content.0.image_url'],
  [
    'a file without content',
    { input: [{ role: 'user', content: [{ type: 'input_file' }] }] },
    'input.0.content.0',
  ],
  ['sound', { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'input.0.content.0.type'],
  ['messages with decisions', { input: [bare, decision] }, 'input'],
  ['a decision without a conversation', { input: [decision] }, 'previous_response_id'],
  ['instructions', { instructions: 'Be rude' }, 'instructions'],
  ['tools of OpenAI', { tools: [{ type: 'web_search' }] }, 'tools.0.type'],
  ['a forced tool', { tool_choice: 'required' }, 'tool_choice'],
  ['not to be stored', { store: false }, 'store'],
  ['several answers', { n: 2 }, 'n'],
  ['a prompt template', { prompt: { id: 'p' } }, 'prompt'],
  ['a grammar', { text: { format: { type: 'grammar' } } }, 'text.format.type'],
  ['no usable schema', { text: { format: noSchema } }, 'text.format.schema'],
  ['an id of nobody', { previous_response_id: 'resp_x' }, 'previous_response_id'],
  ['a conversation with a slash', { conversation: 'a/b' }, 'conversation'],
  ['too long metadata', { metadata: { a: 'x'.repeat(513) } }, 'metadata.a'],
])('%s is refused by name', async (_name, body, param) => {
  expect(await readFailure(create(body))).toMatchObject({
    status: 400,
    param,
    code: 'invalid_request',
    type: 'invalid_request_error',
  })
})

test('what has no effect is accepted', async () => {
  const body = {
    temperature: 0.1,
    top_p: 1,
    max_output_tokens: 10,
    reasoning: { effort: 'low' },
    parallel_tool_calls: false,
    truncation: 'auto',
    store: true,
    tools: [],
    tool_choice: 'none',
    instructions: null,
    prompt: null,
    max_tool_calls: null,
    context_management: null,
    moderation: null,
    user: 'u',
    metadata: { tag: 'x' },
    include: ['reasoning.encrypted_content'],
  }
  expect(await create(body)).toMatchObject({
    status: 'completed',
    metadata: { tag: 'x' },
    tool_choice: 'none',
  })
  expect(scene.model.requests.at(-1)?.body).not.toHaveProperty('tools')
})

test('an agent that there is not is refused, as its name shows nothing of others', async () => {
  expect(await readFailure(create({ model: 'Nobody' }))).toMatchObject({ status: 404, param: 'model' })
  expect(await readFailure(client.models.retrieve('Nobody'))).toMatchObject({ status: 404, param: 'model' })
  expect(await client.models.retrieve('ASSISTANT')).toMatchObject({ id: 'Assistant' })
})

test('two conversations, or those of another agent, are refused', async () => {
  const { id } = await create({ conversation: 'one' })
  const two = { previous_response_id: id, conversation: 'two' }
  expect(await readFailure(create(two))).toMatchObject({ status: 400, param: 'conversation' })
  const other = { model: 'Thrifty', previous_response_id: id }
  expect(await readFailure(create(other))).toMatchObject({ status: 400, param: 'previous_response_id' })
})

test('another request under the same key is refused', async () => {
  const headers = { 'Idempotency-Key': 'key' }
  await create({ input: 'One' }, { headers })
  expect(await readFailure(create({ input: 'Two' }, { headers }))).toMatchObject({
    status: 422,
    code: 'idempotency_conflict',
  })
})

describe('responses that there are not', () => {
  test.each(['resp_x', 'x', 'resp_WyJBc3Npc3RhbnQiLCJhIiwiYiJd', 'resp_WyJBIiwiYS9iIiwiYyJd'])(
    '%s',
    async (id) => {
      const missing = { status: 404, code: 'not_found' }
      expect(await readFailure(client.responses.retrieve(id))).toMatchObject(missing)
      expect(await readFailure(client.responses.cancel(id))).toMatchObject(missing)
    },
  )

  test('cannot be gone on from', async () => {
    const { id } = await create({ conversation: 'gone' })
    await scene.api.remove('gone')
    expect(await readFailure(create({ previous_response_id: id }))).toMatchObject({
      status: 404,
      code: 'not_found',
      param: 'previous_response_id',
    })
    expect(await readFailure(client.responses.retrieve(id))).toMatchObject({ status: 404 })
  })

  test('neither is there a way to delete those that there are', async () => {
    const { id } = await create({})
    expect(await readFailure(client.responses.delete(id))).toMatchObject({ status: 404 })
    expect(await client.responses.retrieve(id)).toMatchObject({ id })
  })
})

test('a response of somebody else is not there, however it is asked for', async () => {
  const alice = createOpenAiClient(scene.host, 'alice')
  const mallory = createOpenAiClient(scene.host, 'mallory')
  const asked = await alice.responses.create({
    model: 'Assistant',
    input: 'Refund order 7',
    conversation: 'hers',
  })
  const question = asked.output[0]?.id ?? ''
  const base = { model: 'Assistant', input: 'Hi' }
  const approval = { type: 'mcp_approval_response', approval_request_id: question, approve: true } as const
  const attempts = [
    mallory.responses.retrieve(asked.id),
    mallory.responses.retrieve(asked.id, { stream: true }),
    mallory.responses.cancel(asked.id),
    mallory.responses.create({ ...base, previous_response_id: asked.id }),
    mallory.responses.create({ ...base, conversation: 'hers' }),
    mallory.responses.create({ ...base, conversation: 'hers', input: [approval] }),
    mallory.responses.create({ ...base, previous_response_id: asked.id, input: [approval] }),
  ]
  for (const failure of await Promise.all(attempts.map(readFailure))) {
    expect(failure).toMatchObject({ status: 404, code: 'not_found' })
  }
  expect(await alice.responses.retrieve(asked.id)).toMatchObject(JSON.parse(JSON.stringify(asked)))
})

test('a decision is taken once, and on what was asked', async () => {
  const model = 'Assistant'
  const asked = await client.responses.create({ model, input: 'Refund order 7' })
  const decide = (approve: boolean, approval_request_id = asked.output[0]?.id ?? '') => {
    const input = [{ type: 'mcp_approval_response', approval_request_id, approve } as const]
    return client.responses.create({ model, previous_response_id: asked.id, input })
  }
  expect(await readFailure(decide(true, 'other~1'))).toMatchObject({ param: 'input.0.approval_request_id' })
  expect(await decide(false)).toMatchObject({
    status: 'completed',
    output: [{ type: 'mcp_call', status: 'failed' }, {}],
  })
  expect(await readFailure(decide(true))).toMatchObject({ status: 409, code: 'approval_already_decided' })
})
