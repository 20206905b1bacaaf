import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOpenAiClient, readFailure } from '../support/openai-client.js'
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
})

/** What the model was shown by the newest request to it. */
function lastShown(): readonly unknown[] {
  const { messages } = scene.model.requests.at(-1)?.body ?? { messages: [] }
  return messages.filter(({ role }) => role === 'user').map(({ content }) => content)
}

function ask(input: string, previous_response_id?: string, idempotencyKey?: string) {
  return client.responses.create(
    { model, input, previous_response_id },
    idempotencyKey === undefined ? {} : { headers: { 'Idempotency-Key': idempotencyKey } },
  )
}

test('a conversation goes on from any of its responses, and each branch from its own', async () => {
  const first = await ask('one')
  const second = await ask('two', first.id)
  const branch = await ask('other two', first.id, 'branch-1')
  expect(lastShown()).toEqual(['one', 'other two'])
  expect(branch.conversation?.id).not.toBe(first.conversation?.id)
  await ask('other three', branch.id)
  expect(lastShown()).toEqual(['one', 'other two', 'other three'])
  const third = await ask('three', second.id)
  expect(lastShown(), 'the first branch is as it was').toEqual(['one', 'two', 'three'])
  expect(third.conversation?.id).toBe(first.conversation?.id)
  const sentAgain = await ask('other two', first.id, 'branch-1')
  expect(sentAgain).toEqual(branch)
})

test('without a key it may be a request whose answer was lost', async () => {
  const first = await ask('one')
  await ask('two', first.id)
  const { requests } = scene.model
  const before = requests.length
  expect(await readFailure(ask('two', first.id))).toMatchObject({
    status: 400,
    param: 'previous_response_id',
    message: expect.stringContaining('Idempotency-Key'),
  })
  expect(requests).toHaveLength(before)
})

test('a request that is sent again under its key is no branch, whatever was said since', async () => {
  const first = await ask('one')
  const second = await ask('two', first.id, 'again-2')
  await ask('three', second.id)
  expect(await ask('two', first.id, 'again-2')).toEqual(second)
})

test('a branch leaves alone what waits at the end, and outlives a kill in its first answer', async () => {
  scene.book.add('Refund 7', callTools(call('refund', { order: 7, amount: 250 })))
  const message = scene.book.add(
    'Work in a branch',
    callTools(call('work', { id: 'branch', gate: 'branch' })),
  )
  const first = await ask('one')
  const waiting = await ask('Refund 7', first.id)
  const cutOff = ask(message, first.id, 'branch-2').catch(() => 'cut off')
  await scene.waitForWork('branch')
  await scene.restart(() => scene.openGate('branch'))
  await cutOff
  const branch = await ask(message, first.id, 'branch-2')
  expect(branch.output_text).toBe('Tools: branch by work')
  expect((await client.responses.retrieve(waiting.id)).output.at(-1)?.type).toBe('mcp_approval_request')
  const named = {
    model,
    input: 'x',
    previous_response_id: first.id,
    conversation: first.conversation?.id ?? '',
  }
  const refused = client.responses.create(named, { headers: { 'Idempotency-Key': 'branch-3' } })
  expect(await readFailure(refused), 'a conversation that is named is the one that goes on').toMatchObject({
    status: 400,
  })
})
