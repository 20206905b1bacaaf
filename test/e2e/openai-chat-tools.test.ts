import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { stepCountIs, streamText, tool } from 'ai'
import type OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import type {
  ChatCompletion,
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { catchError, says, toChunkText } from '../support/chat-scene.js'
import { collect, createOpenAiClient } from '../support/openai-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const model = 'Assistant'
let scene: RunScene
let client: OpenAI

const showMap: ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'show_map',
    description: 'Shows a place on the map of the page.',
    parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  },
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
  book.add(
    'Show around',
    { text: 'First Oslo.', ...callTools(show('Oslo')) },
    callTools(show('Bergen'), show('Narvik')),
    { text: 'Seen.' },
  )
  book.add('Work and show', callTools(call('work', { id: 'beside' }), show('Oslo')))
  book.add('Refund and show', callTools(call('refund', { order: 7, amount: 250 }), show('Oslo')))
})

type Headers = Record<string, string>

function send(messages: ChatCompletionMessageParam[], headers: Headers = {}, more: object = {}) {
  return client.chat.completions.create({ model, messages, tools, ...more }, { headers })
}

function messageOf({ choices: [choice] }: ChatCompletion) {
  if (choice === undefined) throw new Error('There is no answer.')
  return choice.message
}

function callsOf(completion: ChatCompletion) {
  return (messageOf(completion).tool_calls ?? []).filter((one) => one.type === 'function')
}

/** A conversation that goes on with what the calls of an answer gave. */
function goOn(
  messages: readonly ChatCompletionMessageParam[],
  asked: ChatCompletion,
  content = 'Shown.',
): ChatCompletionMessageParam[] {
  const results = callsOf(asked).map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content }))
  return [...messages, messageOf(asked), ...results]
}

describe('the official client', () => {
  const shown: string[] = []
  const runnable = {
    type: 'function' as const,
    function: {
      name: 'show_map',
      description: 'Shows a place on the map of the page.',
      parameters: showMap.function.parameters ?? {},
      parse: JSON.parse,
      function: ({ place }: { place: string }) => {
        shown.push(place)
        return { shown: place }
      },
    },
  }

  test.each<Headers>([{}, { 'x-session-id': 'runner', 'idempotency-key': 'runner-1' }])(
    'carries the tools out by itself in as many rounds as it takes, with %j',
    async (headers) => {
      shown.length = 0
      const runner = client.chat.completions.runTools(
        { model, messages: says('Show around'), tools: [runnable] },
        { headers },
      )
      expect(await runner.finalContent()).toBe('Seen.')
      expect(shown).toEqual(['Oslo', 'Bergen', 'Narvik'])
      expect(runner.messages.map(({ role }) => role)).toEqual(
        'user assistant tool assistant tool tool assistant'.split(' '),
      )
      const ids = runner.allChatCompletions().map(({ id }) => id)
      expect(new Set(ids).size).toBe(3)
      const { total_tokens: total } = await runner.totalUsage()
      const [first] = runner.allChatCompletions()
      expect(total).toBeGreaterThan(first?.usage?.total_tokens ?? 0)
    },
  )

  test('does so from streams too', async () => {
    shown.length = 0
    const runner = client.chat.completions.runTools({
      model,
      messages: says('Show around'),
      tools: [runnable],
      stream: true,
      stream_options: { include_usage: true },
    })
    const contents: string[] = []
    runner.on('content', (delta) => contents.push(delta))
    expect(await runner.finalContent()).toBe('Seen.')
    expect(shown).toEqual(['Oslo', 'Bergen', 'Narvik'])
    expect(contents.join('')).toBe('First Oslo.Seen.')
  })

  test('parses the arguments, and its answer can be sent back as it is', async () => {
    const parsed = await client.chat.completions.parse({
      model,
      messages: says('Show Oslo'),
      tools: [zodFunction({ name: 'show_map', parameters: z.object({ place: z.string() }) })],
    })
    const [open] = parsed.choices[0]?.message.tool_calls ?? []
    expect(open).toMatchObject({ function: { parsed_arguments: { place: 'Oslo' } } })
    const done = await client.chat.completions.create({ model, messages: goOn(says('Show Oslo'), parsed) })
    expect(messageOf(done).content).toBe('Tools: Shown.')
  })
})

test("a client that is not OpenAI's carries them out as well", async () => {
  const baseURL = `${scene.host.url}/api/compatible-mode/v1`
  const provider = createOpenAICompatible({ name: 'agents', baseURL, includeUsage: true })
  const shown: string[] = []
  const show_map = tool({
    inputSchema: z.object({ place: z.string() }),
    execute: async ({ place }) => {
      shown.push(place)
      return { shown: place }
    },
  })
  const { textStream } = streamText({
    model: provider.chatModel(model),
    prompt: 'Show around',
    tools: { show_map },
    stopWhen: stepCountIs(5),
  })
  expect((await collect(textStream)).join('')).toBe('First Oslo.Seen.')
  expect(shown).toEqual(['Oslo', 'Bergen', 'Narvik'])
})

describe("a call of a client's tool", () => {
  test.each<Headers>([{}, { 'x-session-id': 'crash' }])(
    'ends the answer, and its result goes on with the run, over a crash, with %j',
    async (headers) => {
      const question = says('Show Oslo')
      const asked = await send(question, headers, { tool_choice: 'required' })
      expect(scene.model.requests.at(-1)?.body.tool_choice).toBe('required')
      expect(asked.choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: {
          content: 'Let me see.',
          tool_calls: [{ type: 'function', function: { name: 'show_map', arguments: '{"place":"Oslo"}' } }],
        },
      })
      await scene.restart()
      const requests = scene.model.requests.length
      const done = await send(goOn(question, asked), headers)
      expect(done.choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { content: 'Tools: Shown.' },
      })
      expect(await send(goOn(question, asked), headers)).toEqual(done)
      const again = await client.chat.completions.create(
        { model, messages: goOn(question, asked), stream: true },
        { headers },
      )
      expect(toChunkText(await collect(again))).toBe('Tools: Shown.')
      expect(scene.model.requests.length).toBe(requests + 1)
      const changed = await catchError(send(goOn(question, asked, 'Not shown.'), headers))
      expect(changed).toMatchObject({
        status: 409,
        code: 'result_already_reported',
        param: 'messages.2.tool_call_id',
      })
      const next = await send([...goOn(question, asked), messageOf(done), ...says('Thanks')], headers)
      expect(messageOf(next).content).toBe('You said: Thanks')
      const told = JSON.stringify(scene.model.requests.at(-1)?.body.messages)
      expect(told).toContain('show_map')
      expect(told).toContain('Shown.')
    },
  )

  test('is told in a stream, whole', async () => {
    const chunks = await collect(
      await client.chat.completions.create({ model, messages: says('Show around'), tools, stream: true }),
    )
    expect(toChunkText(chunks)).toBe('First Oslo.')
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toEqual([
      {
        index: 0,
        id: expect.stringMatching(/^call_[\w-]+$/),
        type: 'function',
        function: { name: 'show_map', arguments: '{"place":"Oslo"}' },
      },
    ])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test('is handed over again, as long as it is open, to whoever repeats the request with its key', async () => {
    const headers = { 'idempotency-key': 'again' }
    const asked = await send(says('Show around'), headers)
    expect(await send(says('Show around'), headers)).toEqual(asked)
    const second = await send(goOn(says('Show around'), asked))
    const again = await send(says('Show around'), headers)
    expect(callsOf(again)).toEqual(callsOf(second))
    await send(goOn(goOn(says('Show around'), asked), second))
    expect(messageOf(await send(says('Show around'), headers)).content).toBe('First Oslo.\n\nSeen.')
  })

  test("is told without the agent's own calls", async () => {
    const asked = await send(says('Work and show'))
    expect(callsOf(asked).map((one) => one.function.name)).toEqual(['show_map'])
    expect(messageOf(asked).content).toBeNull()
    const done = await send(goOn(says('Work and show'), asked))
    expect(messageOf(done).content).toBe('Tools: beside by work | Shown.')
  })

  test('is told before an approval that the run waits for as well', async () => {
    const headers = { 'x-session-id': 'both' }
    const question = says('Refund and show')
    const asked = await send(question, headers)
    const onward = goOn(question, asked)
    expect(await catchError(send(onward, headers))).toMatchObject({ code: 'approval_required' })
    const stream = client.chat.completions.create({ model, messages: onward, stream: true }, { headers })
    expect(await catchError(stream.then(collect))).toMatchObject({ code: 'approval_required' })
    const { body } = await scene.api.state('both')
    await scene.api.decide('both', body.approvals?.[0]?.approvalId ?? '', { decision: 'approve' })
    expect(messageOf(await send(onward, headers)).content).toBe('Tools: 250 for 7 | Shown.')
  })

  test('lets its session take no message, but one that comes with its results', async () => {
    const headers = { 'x-session-id': 'busy' }
    const question = says('Show both')
    const asked = await send(question, headers)
    expect(await catchError(send(says('Well?'), headers))).toMatchObject({
      status: 409,
      code: 'results_required',
    })
    const mixed = [...goOn(question, asked), ...says('Well?')]
    const calling = { ...messageOf(asked), tool_calls: callsOf(asked).slice(1) }
    const partly = [...question, calling, ...mixed.slice(3)]
    expect(await catchError(send(partly, headers))).toMatchObject({ code: 'results_required' })
    const requests = scene.model.requests.length
    const keyed = { ...headers, 'idempotency-key': 'well' }
    const done = await send(mixed, keyed)
    expect(messageOf(done).content).toBe('You said: Well?')
    expect(await send(mixed, keyed)).toEqual(done)
    expect(scene.model.requests.length).toBe(requests + 1)
    const told = scene.model.requests.at(-1)?.body.messages ?? []
    expect(told.map(({ role }) => role).slice(-4)).toEqual(['assistant', 'tool', 'tool', 'user'])
  })

  test('leaves no run waiting when its result comes with a new message, also without a session', async () => {
    const [alice, mallory] = ['alice', 'mallory'].map((user) => createOpenAiClient(scene.host, user))
    if (alice === undefined || mallory === undefined) throw new Error('Nobody is there.')
    const question = { model, messages: says('Show Oslo'), tools }
    const { data: asked, response } = await alice.chat.completions.create(question).withResponse()
    const session = response.headers.get('x-ms-session-id') ?? ''
    const readStatus = async () => {
      const url = `${scene.host.url}/api/agents/${model}/${session}`
      const state = await fetch(url, { headers: { 'x-user': 'alice' } })
      return ((await state.json()) as { status: string }).status
    }
    const messages = [...goOn(says('Show Oslo'), asked), ...says('Well?')]
    await mallory.chat.completions.create({ model, messages })
    expect(await readStatus()).toBe('waiting')
    const done = await alice.chat.completions.create({ model, messages })
    expect(messageOf(done).content).toBe('You said: Well?')
    await waitFor(async () => ((await readStatus()) === 'idle' ? true : undefined))
  })

  test('is taken once, however often its result comes at the same time', async () => {
    const asked = await send(says('Show Oslo'))
    const onward = goOn(says('Show Oslo'), asked)
    const [first, ...others] = await Promise.all([send(onward), send(onward), send(onward)])
    expect(others).toEqual([first, first])
  })
})

describe('what cannot be taken is refused by name', () => {
  const question = says('Show Oslo')
  const forge = (...fields: readonly unknown[]) =>
    `call_${Buffer.from(JSON.stringify(fields)).toString('base64url')}`

  /** Sends a result under another id than its call was given. */
  async function sendAs(toId: (fields: readonly string[]) => string, by: OpenAI = client) {
    const asked = await send(question)
    const [open] = callsOf(asked)
    if (open === undefined) throw new Error('Nothing is called.')
    const fields: readonly string[] = JSON.parse(Buffer.from(open.id.slice(5), 'base64url').toString())
    const id = toId(fields)
    const messages: ChatCompletionMessageParam[] = [
      ...question,
      { role: 'assistant', tool_calls: [{ ...open, id }] },
      { role: 'tool', tool_call_id: id, content: 'Forged' },
    ]
    return catchError(by.chat.completions.create({ model, messages }))
  }

  test.each<[number, string, (fields: readonly string[]) => string]>([
    [400, 'nothing', () => ''],
    [400, 'an id of nobody', () => 'call_1'],
    [400, 'the bare id', (fields) => fields[3] ?? ''],
    [400, 'too few fields', ([agent, session, run]) => forge(agent, session, run)],
    [400, 'no texts', () => forge(1, 2, 3, 4)],
    [400, 'a session of no name', ([agent, , run, callId]) => forge(agent, 'a/b', run, callId)],
    [400, 'another agent', ([, session, run, callId]) => forge('Thrifty', session, run, callId)],
    [404, 'a session that there is not', ([agent, , run, callId]) => forge(agent, 'x', run, callId)],
    [404, 'a run that there is not', ([agent, session, , callId]) => forge(agent, session, 'x', callId)],
    [404, 'a call that there is not', ([agent, session, run]) => forge(agent, session, run, 'x')],
  ])('%i for an id that is, or names, %s', async (status, _name, toId) => {
    const failure = await sendAs(toId)
    expect(failure.status).toBe(status)
    expect(failure.param).toBe('messages.2.tool_call_id')
  })

  test('the result of somebody else', async () => {
    const alice = createOpenAiClient(scene.host, 'alice')
    const asked = await alice.chat.completions.create({ model, messages: question, tools })
    for (const user of [undefined, 'mallory']) {
      const other = createOpenAiClient(scene.host, user)
      const forged = other.chat.completions.create({ model, messages: goOn(question, asked, 'Forged') })
      expect(await catchError(forged)).toMatchObject({
        status: 404,
        code: 'not_found',
        param: 'messages.2.tool_call_id',
      })
    }
    const done = await alice.chat.completions.create({ model, messages: goOn(question, asked) })
    expect(messageOf(done).content).toBe('Tools: Shown.')
  })

  test('results without those of other calls, or in another session', async () => {
    const asked = await send(says('Show around'))
    const second = await send(goOn(says('Show around'), asked))
    const onward = goOn(goOn(says('Show around'), asked), second)
    expect(await catchError(send(onward.slice(0, -1)))).toMatchObject({ status: 400, param: 'messages' })
    expect(await catchError(send(onward, { 'x-session-id': 'elsewhere' }))).toMatchObject({
      status: 400,
      param: 'messages.4.tool_call_id',
    })
    expect(messageOf(await send(onward)).content).toBe('Seen.')
  })

  test.each([
    ['tools', { tools: [{ type: 'function', function: { name: 'show_photo' } }] }],
    ['tool_choice', { tool_choice: 'none' }],
    [
      'response_format',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } },
    ],
  ])('other %s than the run was begun with', async (param, more) => {
    const asked = await send(question)
    expect(await catchError(send(goOn(question, asked), {}, more))).toMatchObject({ status: 400, param })
    expect(messageOf(await send(goOn(question, asked))).content).toBe('Tools: Shown.')
  })
})
