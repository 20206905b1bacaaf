import type OpenAI from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { FunctionTool } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOpenAiClient, readFailure } from '../support/openai-client.js'
import { readShown } from '../support/read-shown.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const model = 'Assistant'
const showMap: FunctionTool = {
  type: 'function',
  name: 'show_map',
  description: 'Shows a place on the map of the page.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  strict: true,
}
const tools = [showMap]

function createScene(E2E_INSTRUCTIONS: string): Promise<RunScene> {
  return RunScene.set(bed, { env: { E2E_INSTRUCTIONS } })
}

function asking(instructions: string, content = 'Hi'): ChatCompletionMessageParam[] {
  return [
    { role: 'system', content: instructions },
    { role: 'user', content },
  ]
}

describe('where callers may add instructions', () => {
  let scene: RunScene
  let client: OpenAI

  beforeAll(async () => {
    scene = await createScene('append')
    client = createOpenAiClient(scene.host)
    scene.book.add('Show Oslo', callTools(call('show_map', { place: 'Oslo' })))
  })

  test('a chat shows them to the model as the word of a user', async () => {
    const messages: ChatCompletionMessageParam[] = [
      ...asking('Be brief.', 'One'),
      { role: 'assistant', content: 'Two' },
      { role: 'developer', content: [{ type: 'text', text: 'Rhyme.' }] },
      { role: 'user', content: 'Hi' },
    ]
    const headers = { 'x-session-id': 'in-a-chat' }
    const { choices } = await client.chat.completions.create({ model, messages }, { headers })
    expect(choices[0]?.message.content).toBe('You said: Hi')
    expect(readShown(scene)).toEqual(['user: > Be brief.\n> \n> Rhyme.', 'user: Hi'])
  })

  test('they are of one request, and no part of the conversation', async () => {
    const system = { role: 'system', content: 'Rhyme.' } as const
    const first = await client.responses.create({
      model,
      input: [{ role: 'user', content: 'One' }, system],
      instructions: 'Be brief.',
    })
    expect(first.instructions).toBe('Be brief.\n\nRhyme.')
    expect(readShown(scene)).toEqual(['user: > Be brief.\n> \n> Rhyme.', 'user: One'])

    const second = await client.responses.create({ model, input: 'Two', previous_response_id: first.id })
    expect(second.instructions).toBeNull()
    expect(readShown(scene)).toEqual(['user: One', 'assistant: You said: One', 'user: Two'])

    const branch = { model, input: 'Three', instructions: 'Shout.', previous_response_id: first.id }
    await client.responses.create(branch, { headers: { 'Idempotency-Key': 'a-branch' } })
    expect(readShown(scene)).toEqual([
      'user: One',
      'assistant: You said: One',
      'user: > Shout.',
      'user: Three',
    ])
    const { body } = await scene.api.state(String(first.conversation?.id))
    expect(JSON.stringify(body)).not.toMatch(/brief|Rhyme/)
  })

  test('a request with others under the same key is another request', async () => {
    const headers = { 'Idempotency-Key': 'a-key' }
    const create = (instructions: string) =>
      client.chat.completions.create({ model, messages: asking(instructions) }, { headers })
    const { id } = await create('Be brief.')
    expect(await create('Be brief.')).toMatchObject({ id })
    expect(await readFailure(create('Be long.'))).toMatchObject({ status: 422, code: 'idempotency_conflict' })
  })

  test('a run that goes on keeps those that it was begun with', async () => {
    const instructions = 'Be brief.'
    const called = await client.responses.create({ model, input: 'Show Oslo', instructions, tools })
    const [item] = called.output
    if (item?.type !== 'function_call') throw new Error('Nothing is called.')
    const report = (
      others: Pick<OpenAI.Responses.ResponseCreateParams, 'instructions' | 'input' | 'tools'>,
    ) =>
      client.responses.create({
        model,
        previous_response_id: called.id,
        ...others,
        input: [
          ...(others.input ?? []),
          { type: 'function_call_output', call_id: item.call_id, output: 'Shown.' },
        ] as OpenAI.Responses.ResponseInput,
      })
    const another = { status: 400, param: 'instructions' }
    expect(await readFailure(report({ instructions: 'Shout.' }))).toMatchObject(another)
    const shown = await report({ instructions: 'Shout.', tools })
    expect(shown).toMatchObject({ output_text: 'Tools: Shown.', instructions })
    expect(readShown(scene).slice(0, 2)).toEqual(['user: > Be brief.', 'user: Show Oslo'])
    expect(await report({})).toMatchObject({ id: shown.id, instructions })
    const shout = { role: 'system', content: 'Shout.' } as const
    expect(await report({ input: [shout], tools })).toMatchObject({ id: shown.id, instructions })
    expect(await report({ instructions })).toMatchObject({ id: shown.id, instructions })
  })

  test('so does a chat, where they stand anywhere among the messages', async () => {
    const { name, parameters } = showMap
    const showing = { type: 'function' as const, function: { name, parameters: parameters ?? {} } }
    const body = { model, tools: [showing] }
    const messages = asking('Be brief.', 'Show Oslo')
    const { choices } = await client.chat.completions.create({ ...body, messages })
    const said = choices[0]?.message
    const [calling] = said?.tool_calls ?? []
    if (said === undefined || calling === undefined) throw new Error('Nothing is called.')
    const report = (instructions: string, { id = calling.id, ...more }: { id?: string; tools?: [] } = {}) => {
      const [system, ...others] = asking(instructions, 'Show Oslo')
      const gave = { role: 'tool', tool_call_id: id, content: 'Shown.' } as const
      const all = [...others, said, gave, ...(system === undefined ? [] : [system])]
      return client.chat.completions.create({
        ...body,
        ...more,
        messages: [{ role: 'system', content: '' }, ...all],
      })
    }
    const stray = { status: 400, param: 'messages.3.tool_call_id' }
    expect(await readFailure(report('Be brief.', { id: 'call_x' }))).toMatchObject(stray)
    const another = { status: 400, param: 'messages' }
    expect(await readFailure(report('Shout.', { tools: [] }))).toMatchObject(another)
    const { choices: shown } = await report('Shout.')
    expect(shown[0]?.message.content).toBe('Tools: Shown.')
    expect(readShown(scene).slice(0, 2)).toEqual(['user: > Be brief.', 'user: Show Oslo'])
  })

  test('a run that a host leaves behind has them still', async () => {
    let asked = 0
    scene.book.addRule('Tell me', () =>
      asked++ === 0 ? { text: 'Once upon a time.', holdAfterChunks: 2 } : { text: 'The end.' },
    )
    const begun = await client.responses.create({
      model,
      input: 'Tell me',
      instructions: 'Rhyme.',
      background: true,
    })
    await expect.poll(() => asked).toBe(1)
    client = createOpenAiClient(await scene.restart())
    await expect.poll(async () => (await client.responses.retrieve(begun.id)).status).toBe('completed')
    const told = await client.responses.retrieve(begun.id)
    expect(told).toMatchObject({ instructions: 'Rhyme.', output_text: 'The end.' })
    expect(readShown(scene)).toEqual(['user: > Rhyme.', 'user: Tell me'])
  })

  test.each([
    ['a message of nobody', { messages: [{ role: 'system', content: 'Obey.' }] }, 'messages'],
    ['a picture', { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }, 'messages.0.content'],
    ['nothing', { messages: [{ role: 'system' }] }, 'messages.0.content'],
  ])('a system message is refused that is of %s', async (_name, body, param) => {
    const create = client.post('/chat/completions', { body: { model, ...body } })
    const { status, param: named } = await readFailure(create)
    expect(status).toBe(400)
    expect(named).toContain(param)
  })

  test.each([
    ['alone', [{ role: 'system', content: 'Obey.' }], 'input'],
    ['with a picture', [{ role: 'system', content: [{ type: 'input_image' }] }], 'input.0.content'],
  ])('a system item is refused that comes %s', async (_name, input, param) => {
    const { status, param: named } = await readFailure(client.post('/responses', { body: { model, input } }))
    expect(status).toBe(400)
    expect(named).toContain(param)
  })
})

test('where they are passed over, the model is not told of them, and they make no other request', async () => {
  const scene = await createScene('ignore')
  const client = createOpenAiClient(scene.host)
  const headers = { 'Idempotency-Key': 'a-key' }
  const create = (instructions: string) =>
    client.chat.completions.create({ model, messages: asking(instructions) }, { headers })
  const { id } = await create('It is noon.')
  expect(await create('It is one.')).toMatchObject({ id })
  expect(readShown(scene)).toEqual(['user: Hi'])
  const input = [{ role: 'developer', content: 'Rhyme.' } as const, { role: 'user', content: 'Yo' } as const]
  const response = await client.responses.create({ model, input, instructions: 'Be brief.' })
  expect(response.instructions).toBeNull()
  expect(readShown(scene)).toEqual(['user: Yo'])
})
