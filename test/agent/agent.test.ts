import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import { AgentSession } from '../../src/agent/agent-session.js'
import { summarize } from '../../src/agent/providers/compaction.js'
import { InMemoryHistoryProvider } from '../../src/agent/providers/history-provider.js'
import { tool } from '../../src/agent/tools/tool.js'
import { AgentError } from '../../src/core/errors.js'
import { type ChatMessage, type Content, createTextMessage, toText } from '../../src/core/messages.js'
import type { AgentResponseUpdate } from '../../src/core/response.js'
import type { ChatClient } from '../../src/model/chat-client.js'
import { withRetry } from '../../src/model/with-retry.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather.',
  parameters: z.object({ location: z.string() }),
  execute: ({ location }) => ({ location, temperature: 72 }),
})

function createAgent(script: ModelScript, options: { maxSteps?: number; maxParallelTools?: number } = {}) {
  const client = new ScriptedModel(script)
  return {
    client,
    agent: new Agent({ name: 'Weather', client, tools: [getWeather], instructions: 'Be brief.', ...options }),
  }
}

const askSeattle = { calls: [{ name: 'get_weather', arguments: { location: 'Seattle' } }] }

test('answers with the text, the messages and the usage of the whole run', async () => {
  const { agent, client } = createAgent([askSeattle, { text: 'It is 72.' }])
  const response = await agent.run('Weather?')
  client.assertDone()
  expect(response.text).toBe('It is 72.')
  expect(response.usage).toEqual({ inputTokens: 20, outputTokens: 10, totalTokens: 30 })
  expect(response.messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
})

test('no half of a character gets to a model, whoever cut it', async () => {
  const { agent, client } = createAgent([askSeattle, { text: 'ok' }])
  await agent.run('cut \ud83d')
  expect(client.requests[0]?.messages.at(-1)).toEqual(createTextMessage('user', 'cut \ufffd'))
})

test('shows the model instructions, history, the message and what the tools gave', async () => {
  const { agent, client } = createAgent([askSeattle, { text: 'ok' }])
  await agent.run('Weather?', {
    history: [createTextMessage('user', 'Hi'), createTextMessage('assistant', 'Hello')],
  })
  expect(client.requests[0]?.messages.map(({ role }) => role)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
  ])
  expect(client.requests[1]?.messages.at(-1)).toEqual({
    role: 'tool',
    contents: [
      { type: 'functionResult', callId: 'call_1_0', result: { location: 'Seattle', temperature: 72 } },
    ],
  })
  expect(client.requests[0]?.tools?.map(({ name }) => name)).toEqual(['get_weather'])
})

test('iterating gives the increments, and the same answer afterwards', async () => {
  const { agent } = createAgent([askSeattle, { text: 'It is 72.', chunks: ['It ', 'is ', '72.'] }])
  const run = agent.run('Weather?')
  const kinds: string[] = []
  let text = ''
  for await (const update of run) {
    kinds.push(...update.contents.map(({ type }) => type))
    text += update.text
  }
  expect(text).toBe('It is 72.')
  expect(kinds.slice(0, 2)).toEqual(['functionCall', 'functionResult'])
  expect((await run.finalResponse()).text).toBe('It is 72.')
  const again: string[] = []
  for await (const update of run) again.push(update.text)
  expect(again.join('')).toBe('It is 72.')
})

const refusal: Content = { type: 'error', message: 'I will not.', errorCode: 'refusal' }
const picture: Content = { type: 'data', uri: 'data:image/png;base64,iVBORw0KGgo=' }

test.each([
  ['a refusal', [refusal], ['I will not.']],
  ['a refusal after some words', [{ type: 'text', text: 'Well.' }, refusal], ['Well.', '']],
  ['a picture', [{ type: 'text', text: 'Look:' }, picture], ['Look:', '']],
] as const)('iterating gives all that the answer has: %s', async (_name, contents, texts) => {
  const client = createClient({ role: 'assistant', contents })
  const run = new Agent({ name: 'Painter', client }).run('Paint')
  const updates: AgentResponseUpdate[] = []
  for await (const update of run) updates.push(update)
  const { text, messages } = await run
  expect(updates.map((update) => update.text)).toEqual(texts)
  expect(text).toBe(texts.join(''))
  expect(updates.flatMap((update) => update.contents)).toEqual(messages.flatMap((one) => one.contents))
})

const cut = new AgentError('model_error', 'The line broke.', { retryable: true })
const grade = z.object({ grade: z.number() })

test.each([
  ['a model call that broke off', [{ error: cut, afterText: 'It ' }, { text: 'It is 72.' }], undefined],
  ['an answer that did not fit', [{ text: 'Seven.' }, { text: '{"grade":7}' }], grade],
])('iterating tells what is void: %s', async (_name, steps, responseFormat) => {
  const client = withRetry(new ScriptedModel(steps), { initialDelayMs: 1 })
  const run = new Agent({ name: 'Weather', client }).run('?', { responseFormat })
  let shown = ''
  const resets: string[] = []
  for await (const { text, isReset } of run) {
    if (isReset) resets.push(shown)
    shown = isReset ? '' : shown + text
  }
  expect(resets).toHaveLength(1)
  expect(shown).toBe((await run).text)
})

/** Streams the text of an answer; its other parts come at the end. */
function createClient(message: ChatMessage): ChatClient {
  const text = toText(message.contents)
  const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
  return {
    model: 'painter',
    async *stream() {
      if (text !== '') yield { type: 'text', text }
      yield { type: 'completed', message, usage, finishReason: 'stop', model: 'painter' }
    },
  }
}

test('a response format gives a typed, validated value', async () => {
  const { agent, client } = createAgent([{ text: '{"city":"Oslo","degrees":7}' }])
  const schema = z.object({ city: z.string(), degrees: z.number() })
  const response = await agent.run('Weather?', { responseFormat: schema })
  expectTypeOf(response.value).toEqualTypeOf<{ city: string; degrees: number }>()
  expect(response.value).toEqual({ city: 'Oslo', degrees: 7 })
  expect(client.requests[0]?.responseFormat?.schema).toMatchObject({ required: ['city', 'degrees'] })
})

test.each([
  ['no JSON', 'Seven degrees.'],
  ['JSON of another shape', '{"city":5}'],
])('%s where a response format was asked for is an error', async (_name, text) => {
  const { agent } = createAgent([{ text }, { text }])
  const run = agent.run('Weather?', { responseFormat: z.object({ city: z.string() }) })
  await expect(run).rejects.toMatchObject({ code: 'response_schema_unmet' })
})

test('tools can be switched off', async () => {
  const { agent, client } = createAgent([{ text: 'no tools' }])
  await agent.run('Weather?', { enableToolCalls: false })
  expect(client.requests[0]?.tools).toBeUndefined()
})

test('parallel calls run side by side, up to the limit', async () => {
  let running = 0
  let most = 0
  const wait = tool({
    name: 'wait',
    description: '',
    execute: async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    },
  })
  const client = new ScriptedModel([
    { calls: Array.from({ length: 7 }, () => ({ name: 'wait', arguments: {} })) },
    { text: 'done' },
  ])
  await new Agent({ name: 'A', client, tools: [wait], maxParallelTools: 3 }).run('go')
  expect(most).toBe(3)
})

test('a call of a tool that does not exist goes back to the model as an error', async () => {
  const { agent, client } = createAgent([{ calls: [{ name: 'nope', arguments: {} }] }, { text: 'sorry' }])
  expect((await agent.run('x')).text).toBe('sorry')
  expect(client.requests[1]?.messages.at(-1)?.contents).toEqual([
    { type: 'functionResult', callId: 'call_0_0', error: 'There is no tool named "nope".' },
  ])
})

test('call ids that a model uses twice are told apart', async () => {
  const twin = { name: 'get_weather', arguments: { location: 'Oslo' }, callId: 'same' }
  const { agent } = createAgent([{ calls: [twin, twin] }, { calls: [twin] }, { text: 'ok' }])
  const { messages } = await agent.run('x')
  const ids = messages
    .flatMap(({ contents }) => contents)
    .flatMap((c) => (c.type === 'functionResult' ? [c.callId] : []))
  expect(new Set(ids).size).toBe(3)
})

test('no call takes over what another one was asked, whatever ids a model gives them', async () => {
  const execute = vi.fn(() => 'done')
  const parameters = z.object({ order: z.number() })
  const refund = tool({ name: 'refund', description: 'Refund.', parameters, approval: 'always', execute })
  const calls = [
    { name: 'refund', arguments: { order: 1 }, callId: 'call_0_1' },
    { name: 'get_weather', arguments: { location: 'Oslo', order: 2 }, callId: '' },
  ]
  const client = new ScriptedModel([{ calls }, { text: 'ok' }])
  const agent = new Agent({ name: 'Refunds', client, tools: [refund, getWeather] })
  const onApproval = vi.fn(() => ({ decision: 'reject' as const }))
  await agent.run('x', { onApproval })
  expect(onApproval).toHaveBeenCalledOnce()
  expect(execute).not.toHaveBeenCalled()
})

test('stops after maxSteps model calls', async () => {
  const { agent, client } = createAgent(() => askSeattle, { maxSteps: 3 })
  await expect(agent.run('x')).rejects.toMatchObject({ code: 'max_steps_exceeded' })
  expect(client.requests).toHaveLength(3)
})

test('fails with what the model fails with', async () => {
  const error = new AgentError('model_error', 'The model answered 500.', { retryable: true })
  const { agent } = createAgent([{ error, afterText: 'half' }])
  const run = agent.run('x')
  await expect(run).rejects.toMatchObject({ code: 'model_error', message: 'The model answered 500.' })
  await expect(async () => {
    for await (const _ of run);
  }).rejects.toThrow('The model answered 500.')
})

test('ends when its signal aborts', async () => {
  const stop = new AbortController()
  const { agent } = createAgent(() => {
    stop.abort(new Error('enough'))
    return askSeattle
  })
  await expect(agent.run('x', { signal: stop.signal })).rejects.toThrow('enough')
})

test.each([
  ['', /Agent name ""/],
  ['1st', /Agent name "1st"/],
  ['with space', /must be a letter/],
  ['x'.repeat(64), /must be a letter/],
])('refuses the name "%s"', (name, message) => {
  expect(() => new Agent({ name, client: new ScriptedModel([]) })).toThrow(message)
})

test('refuses two tools of one name and limits below one', () => {
  const client = new ScriptedModel([])
  expect(() => new Agent({ name: 'A', client, tools: [getWeather, getWeather] })).toThrow(/two tools named/)
  expect(() => new Agent({ name: 'A', client, maxSteps: 0 })).toThrow(/maxSteps/)
  expect(() => new Agent({ name: 'A', client, maxParallelTools: 1.5 })).toThrow(/maxParallelTools/)
})

test('the time that a human takes to decide is not the time of the run', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const refund = tool({ name: 'refund', description: 'Refund.', approval: 'always', execute: () => 'done' })
  const client = new ScriptedModel([{ calls: [{ name: 'refund', arguments: {} }] }, { text: 'Refunded.' }])
  const agent = new Agent({ name: 'Refunds', client, tools: [refund], runTimeoutMs: 60_000 })
  const { text } = await agent.run('Refund it', {
    onApproval: () => {
      vi.setSystemTime(Date.now() + 3_600_000)
      return { decision: 'approve' }
    },
  })
  expect(text).toBe('Refunded.')
})

test('a caller who gives up does not wait for the human', async () => {
  const refund = tool({ name: 'refund', description: 'Refund.', approval: 'always', execute: () => 'done' })
  const client = new ScriptedModel([{ calls: [{ name: 'refund', arguments: {} }] }, { text: 'Hello.' }])
  const agent = new Agent({ name: 'Refunds', client, tools: [refund] })
  const session = agent.createSession()
  const caller = new AbortController()
  const reason = new Error('The page was closed.')
  const onApproval = () => {
    caller.abort(reason)
    return new Promise<never>(() => {})
  }
  const given = agent.run('Refund it', { session, onApproval, signal: caller.signal })
  await expect(given).rejects.toBe(reason)
  expect((await agent.run('Hi', { session })).text).toBe('Hello.')
})

test('what the code of an agent throws is the cause of the failure: there is no log to read it in', async () => {
  const broken = { name: 'orders', beforeRun: () => Promise.reject(new Error('The database is away.')) }
  const agent = new Agent({ name: 'Clerk', client: new ScriptedModel([]), contextProviders: [broken] })
  await expect(agent.run('Hi')).rejects.toThrow(
    expect.objectContaining({
      code: 'internal',
      retryable: true,
      message: 'An unexpected error occurred, which is the cause of this one.',
      cause: new Error('The database is away.'),
    }),
  )
})

test.each([
  [{ instuctions: 'Be brief.' }, 'Agent has no option "instuctions".'],
  [{ name: undefined }, 'An agent needs a name, which must be a letter'],
  [{ client: undefined }, 'Agent "Weather" needs a client'],
  [{ contextProviders: [new InMemoryHistoryProvider()] }, 'belongs into history'],
  [{ history: { read: () => [] } }, 'The history of agent "Weather" must have load and append'],
  [{ middleware: [async () => 1] }, 'A middleware of agent "Weather" needs beforeRun'],
  [{ middleware: [{ callTools: () => 1 }] }, 'A middleware of agent "Weather" needs beforeRun'],
  [{ client: Promise.resolve(new ScriptedModel([])) }, 'Agent "Weather" needs a client'],
  [{ instructions: ['Be brief.'] }, 'The instructions of agent "Weather" must be text.'],
  [{ responseFormat: { type: 'object' } }, 'The responseFormat of agent "Weather" must be a schema'],
  [{ compaction: summarize }, 'The compaction of agent "Weather" must be what keepAll()'],
  [{ modelSettings: { temprature: 1 } }, 'modelSettings of agent "Weather" has no option "temprature"'],
  [
    { modelSettings: { temperature: '0' } },
    'temperature in modelSettings of agent "Weather" must be a number',
  ],
  [{ modelSettings: { maxOutputTokens: null } }, 'must be a whole number of at least 1, not null.'],
  [{ modelSettings: { toolChoice: 'any' } }, `must be one of 'auto', 'none', 'required', not "any".`],
  [{ description: {} }, 'The description of agent "Weather" must be text.'],
  [{ stepTimeoutMs: null }, 'stepTimeoutMs must be a whole number of at least 1, not null.'],
  [{ tools: getWeather }, 'The tools of agent "Weather" must be a list.'],
  [{ tools: [getWeather, () => 72] }, 'Entry 1 in the tools of agent "Weather" is none: make it with tool('],
  [{ tools: [undefined] }, 'Entry 0 in the tools of agent "Weather" is none'],
  [
    { tools: [createAgent([]).agent] },
    'Entry 0 in the tools of agent "Weather" is an agent: pass its asTool()',
  ],
])('a program without types is told of %o', (slip, said) => {
  const options = { name: 'Weather', client: new ScriptedModel([]), ...slip }
  expect(() => new Agent(options as unknown as ConstructorParameters<typeof Agent>[0])).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test.each([
  [5, {}, 'invalid_request', 'input: '],
  [[{ role: 'user', content: 'Hi' }], {}, 'invalid_request', 'input.0.contents: '],
  ['Hi', { history: ['Hello'] }, 'invalid_request', 'history.0: '],
  ['Hi', { sesion: {} }, 'invalid_configuration', 'run has no option "sesion".'],
  ['Hi', { modelSettings: { temprature: 1 } }, 'invalid_configuration', 'has no option "temprature".'],
  ['Hi', { session: 'ann' }, 'invalid_request', 'must be one that createSession()'],
  ['Hi', { tools: [() => 72] }, 'invalid_configuration', 'Entry 0 in the tools of a run of agent "Weather"'],
  ['Hi', { responseFormat: { type: 'object' } }, 'invalid_configuration', 'responseFormat must be a schema'],
  [undefined, {}, 'invalid_request', 'A run needs a message: '],
  [undefined, { session: new AgentSession() }, 'invalid_request', 'Given was undefined.'],
  [null, {}, 'invalid_request', 'Given was null.'],
  [[], {}, 'invalid_request', 'Given was a list.'],
  [' ', {}, 'invalid_request', 'Given was " ".'],
  ['Hi', { session: null }, 'invalid_request', 'must be one that createSession()'],
  ['Hi', { history: null }, 'invalid_request', 'history: '],
  ['Hi', { context: 'acme' }, 'invalid_configuration', 'context of run takes an object'],
  ['Hi', { metadata: { tenant: 7 } }, 'invalid_configuration', 'metadata of run.tenant must be text, not 7.'],
  ['Hi', { metadata: 'acme' }, 'invalid_configuration', 'metadata of run takes an object'],
  ['Hi', { toolChoice: { tool: 'x' } }, 'invalid_configuration', `toolChoice of run, when it is no { name }`],
  ['Hi', { enableToolCalls: 'false' }, 'invalid_configuration', 'must be true or false, not "false".'],
  ['Hi', { background: 1 }, 'invalid_configuration', 'background of run must be true or false, not 1.'],
  ['Hi', { onApproval: 'approve' }, 'invalid_configuration', 'onApproval of run must be a function'],
  ['Hi', { onError: true }, 'invalid_configuration', 'onError of run must be a function, not true.'],
  ['Hi', { signal: new AbortController() }, 'invalid_configuration', 'signal of run must be the signal of'],
])('a run of %j with %o is refused, and no model asked', async (input, options, code, said) => {
  const { agent, client } = createAgent([])
  await expect(agent.run(input as unknown as string, options as object)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(said) }),
  )
  expect(client.requests).toEqual([])
})

test('without input a model is asked about what was said before', async () => {
  const { agent } = createAgent([{ text: 'Hello.' }])
  expect((await agent.run([], { history: [createTextMessage('user', 'Hi')] })).text).toBe('Hello.')
})

test('misspelt options of sessions and of agents as tools are named', () => {
  const { agent } = createAgent([])
  const session = { sessionId: 'ann' }
  expect(() => agent.createSession(session as object)).toThrow('createSession has no option "sessionId".')
  const delegation = { propogateSession: true }
  expect(() => agent.asTool(delegation as object)).toThrow(
    'asTool of agent "Weather" has no option "propogateSession".',
  )
  const text = { propagateSession: 'false' }
  expect(() => agent.asTool(text as object)).toThrow('propagateSession of asTool of agent "Weather" must be')
})
