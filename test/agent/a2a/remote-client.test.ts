import { expect, test } from 'vitest'
import { confirmationName } from '../../../src/agent/a2a/confirmation-tool.js'
import { createA2aAgent } from '../../../src/agent/a2a/create-a2a-agent.js'
import { AgentError } from '../../../src/core/errors.js'
import { type ChatMessage, createTextMessage, toText } from '../../../src/core/messages.js'
import type { ChatEvent } from '../../../src/model/chat-client.js'
import { ask, createFar, hello, idempotent, methods, toTokens, toWords } from '../../support/a2a-far.js'
import { adds, becomes, type CardChanges, says, startA2aServer, task } from '../../support/a2a-server.js'

test('tells the token before the message is sent, and the task before its text', async () => {
  const scene = await createFar([
    { frames: [{ task: task('WORKING') }, adds('He'), adds('llo'), becomes('COMPLETED')] },
  ])
  const stream = scene.client.stream(hello)[Symbol.asyncIterator]()
  const first = (await stream.next()).value as ChatEvent
  expect([first.type, scene.server.calls]).toEqual(['continuation', []])
  const second = (await stream.next()).value as ChatEvent
  const { messageId, taskId } = JSON.parse(toTokens([second])[0] ?? '')
  expect([messageId, taskId]).toEqual([scene.server.calls[0]?.params.message?.messageId, 'task-1'])
  const rest = []
  for (let next = await stream.next(); !next.done; next = await stream.next()) rest.push(next.value)
  expect(toWords(rest)).toEqual(['+He', '+llo', '=Hello'])
})

test('takes back what the agent takes back', async () => {
  const frames = [{ task: task('WORKING') }, adds('Wrong'), adds('Right', false), becomes('COMPLETED')]
  expect(toWords((await ask(await createFar([{ frames }]))).events)).toEqual([
    '+Wrong',
    'reset',
    '+Right',
    '=Right',
  ])
})

test('asks for the task when its stream breaks, and follows it again', async () => {
  const scene = await createFar([
    { frames: [{ task: task('WORKING') }, adds('He')] },
    { result: says('WORKING', 'Hel') },
    { frames: [{ task: says('WORKING', 'Hell') }, adds('o'), becomes('COMPLETED')] },
  ])
  expect(toWords((await ask(scene)).events)).toEqual(['+He', '+l', '+l', '+o', '=Hello'])
  expect(methods(scene)).toEqual(['SendStreamingMessage', 'GetTask', 'SubscribeToTask'])
})

test('comes back to the task that is recorded, and sends nothing', async () => {
  const scene = await createFar([{ result: says('COMPLETED', 'Hello') }])
  const continuation = JSON.stringify({ messageId: 'm', taskId: 'task-1' })
  expect(toWords((await ask(scene, { ...hello, continuation })).events)).toEqual(['+Hello', '=Hello'])
  expect(scene.server.calls.map(({ method, params }) => [method, params.id])).toEqual([['GetTask', 'task-1']])
})

test('only looks at the task when nobody follows it', async () => {
  const scene = await createFar([{ result: task('WORKING') }])
  const continuation = JSON.stringify({ messageId: 'm', taskId: 'task-1' })
  const { events, error } = await ask(scene, { ...hello, continuation }, { follow: false })
  expect([toWords(events), error, methods(scene)]).toEqual([[], undefined, ['GetTask']])
})

test('asks from time to time for tasks that cannot be followed', async () => {
  const plain: CardChanges = () => ({ capabilities: {} })
  const scene = await createFar(
    [
      { result: { task: task('SUBMITTED') } },
      { result: task('WORKING') },
      { result: says('COMPLETED', 'Hello') },
    ],
    {},
    plain,
  )
  expect(toWords((await ask(scene)).events)).toEqual(['+Hello', '=Hello'])
  expect(methods(scene)).toEqual(['SendMessage', 'GetTask', 'GetTask'])
})

test('takes a message in place of a task, and words of a status in place of artifacts', async () => {
  const message = { messageId: 'x', contextId: 'context-1', role: 'ROLE_AGENT', parts: [{ text: 'Hello' }] }
  expect(toWords((await ask(await createFar([{ frames: [{ message }] }]))).events)).toEqual([
    '+Hello',
    '=Hello',
  ])
  const done = task('COMPLETED', { status: { state: 'TASK_STATE_COMPLETED', message } })
  expect(toWords((await ask(await createFar([{ frames: [{ task: done }] }]))).events)).toEqual([
    '+Hello',
    '=Hello',
  ])
})

test('speaks 0.3 with agents that know nothing newer', async () => {
  const legacy: CardChanges = (url) => ({
    supportedInterfaces: undefined,
    url,
    protocolVersion: '0.3.0',
    preferredTransport: 'JSONRPC',
  })
  const part = { kind: 'text', text: 'Hello' }
  const artifacts = [{ artifactId: 'a', parts: [part] }]
  const done = { kind: 'task', id: 't', contextId: 'c', status: { state: 'completed' }, artifacts }
  const scene = await createFar([{ frames: [done] }], {}, legacy)
  expect(toWords((await ask(scene)).events)).toEqual(['+Hello', '=Hello'])
  expect([methods(scene), scene.server.calls[0]?.params.message?.parts]).toEqual([['message/stream'], [part]])
})

test('goes on in the context, and with the task that has asked for words', async () => {
  const message = { messageId: 'x', role: 'ROLE_AGENT', parts: [{ text: 'Which city?' }] }
  const asking = task('INPUT_REQUIRED', { status: { state: 'TASK_STATE_INPUT_REQUIRED', message } })
  const scene = await createFar([
    { frames: [{ task: asking }] },
    { frames: [{ task: says('COMPLETED', 'Sunny') }] },
    { frames: [{ task: says('COMPLETED', 'Bye') }] },
  ])
  const first = await ask(scene)
  expect(toText(first.answer?.message.contents ?? [])).toBe('Which city?')
  const messages: ChatMessage[] = [
    ...hello.messages,
    first.answer?.message as ChatMessage,
    createTextMessage('user', 'Oslo'),
  ]
  const second = await ask(scene, { messages })
  await ask(scene, {
    messages: [...messages, second.answer?.message as ChatMessage, createTextMessage('user', 'Bye')],
  })
  const sent = scene.server.calls.map(({ params }) => params.message)
  expect(sent.map((one) => [one?.contextId, one?.taskId, one?.parts])).toEqual([
    [undefined, undefined, [{ text: 'Hello' }]],
    ['context-1', 'task-1', [{ text: 'Oslo' }]],
    ['context-1', undefined, [{ text: 'Bye' }]],
  ])
})

test('shows an agent that knows nothing of it what was said before', async () => {
  const scene = await createFar([{ frames: [{ task: says('COMPLETED', 'Sunny') }] }])
  const image = 'data:image/png;base64,YQ=='
  const contents = [
    { type: 'text', text: 'And here?' },
    { type: 'data', uri: image },
  ] as const
  await ask(scene, {
    messages: [...hello.messages, createTextMessage('assistant', 'Hi.'), { role: 'user', contents }],
  })
  expect(scene.server.calls[0]?.params.message?.parts).toEqual([
    { text: 'The conversation so far:\nuser: Hello\nassistant: Hi.' },
    { text: 'And here?' },
    { raw: 'YQ==', mediaType: 'image/png' },
  ])
})

const longData = `data:${'a'.repeat(200_000)}`

test.each([
  ['with a parameter', 'data:text/plain;charset=utf-8;base64,YQ==', { raw: 'YQ==', mediaType: 'text/plain' }],
  ['without a type', 'data:;base64,YQ==', { raw: 'YQ==' }],
  ['that is no base64', 'data:text/plain,a', { url: 'data:text/plain,a' }],
  ['of nothing but a type', longData, { url: longData }],
])('sends a file as what its data URI says, in no time: one %s', async (_which, uri, part) => {
  const scene = await createFar([{ frames: [{ task: says('COMPLETED', 'Seen') }] }])
  await ask(scene, { messages: [{ role: 'user', contents: [{ type: 'data', uri }] }] })
  expect(scene.server.calls[0]?.params.message?.parts).toEqual([part])
})

test('has humans asked what an agent of ours asks, if its caller can have them asked', async () => {
  const data = { approvalId: 'r~1', name: 'refund', arguments: { order: 7 }, reason: 'policy' }
  const message = { messageId: 'x', role: 'ROLE_AGENT', parts: [{ text: 'May I?' }, { data }] }
  const asking = {
    frames: [{ task: task('INPUT_REQUIRED', { status: { state: 'TASK_STATE_INPUT_REQUIRED', message } }) }],
  }
  const tools = [{ name: confirmationName, description: '', parameters: {} }]
  const { answer } = await ask(await createFar([asking]), { ...hello, tools })
  expect([answer?.finishReason, answer?.message.contents.map(({ type }) => type)]).toEqual([
    'tool_calls',
    ['text', 'functionCall', 'provider'],
  ])
  expect(toText((await ask(await createFar([asking]))).answer?.message.contents ?? [])).toBe('May I?')
})

test.each(['FAILED', 'REJECTED', 'CANCELED', 'AUTH_REQUIRED'])(
  'fails with a task that is %s, without its words',
  async (state) => {
    const message = {
      messageId: 'x',
      role: 'ROLE_AGENT',
      parts: [{ text: 'key secret' }, { data: { code: 'rate_limited' } }],
    }
    const ended = task(state, { status: { state: `TASK_STATE_${state}`, message } })
    const { error } = await ask(await createFar([{ frames: [{ task: ended }] }]))
    expect(error).toMatchObject({ code: 'model_error', retryable: false })
    expect(String(error)).toContain('rate_limited')
    expect(String(error)).not.toContain('secret')
  },
)

test('fails with what the agent refuses, without its words', async () => {
  for (const step of [{ error: { code: -32602, message: 'key secret' } }, { status: 403 }, { status: 302 }]) {
    const { error } = await ask(await createFar([step]))
    expect(error).toMatchObject({ code: 'model_error', retryable: false })
    expect(String(error)).not.toContain('secret')
  }
})

test('does not send again what may have arrived', async () => {
  const scene = await createFar([{ hangUp: true }])
  expect((await ask(scene)).error).toMatchObject({ code: 'outcome_unknown' })
  const continuation = JSON.stringify({ messageId: 'm' })
  expect((await ask(scene, { ...hello, continuation })).error).toMatchObject({ code: 'outcome_unknown' })
  expect(scene.server.calls).toHaveLength(1)
})

test.each([
  ['the agent says that this is safe', {}, idempotent],
  ['it is told to', { onInterrupted: 'retry' } as const, undefined],
])('sends it again under the same id when %s', async (_when, options, changes) => {
  const scene = await createFar(
    [{ hangUp: true }, { frames: [{ task: says('COMPLETED', 'Hello') }] }],
    options,
    changes,
  )
  expect(toWords((await ask(scene)).events)).toEqual(['+Hello', '=Hello'])
  const [first, second] = scene.server.calls.map(({ params }) => params.message?.messageId)
  expect(second).toBe(first)
})

test('sends what has surely not arrived, and lets its caller go while the agent is out of reach', async () => {
  const gone = await createFar([])
  await gone.client.cancel?.(JSON.stringify({ messageId: 'm' }))
  const unsent = JSON.stringify({ messageId: 'm', isUnsent: true })
  const scene = await createFar([{ frames: [{ task: says('COMPLETED', 'Hello') }] }])
  expect(toWords((await ask(scene, { ...hello, continuation: unsent })).events)).toEqual(['+Hello', '=Hello'])
  expect(scene.server.calls[0]?.params.message?.messageId).toBe('m')
  const known = { messageId: 'm', taskId: 'task-1' }
  const away = await ask(gone, { ...hello, continuation: JSON.stringify(known) }, { follow: false })
  expect([away.error, toTokens(away.events)]).toEqual([
    undefined,
    [expect.stringContaining('unreachableSince')],
  ])
  const late = JSON.stringify({ ...known, unreachableSince: 1 })
  expect((await ask(gone, { ...hello, continuation: late }, { follow: false })).error).toMatchObject({
    code: 'model_error',
  })
})

test('fails when the agent no longer knows the task', async () => {
  const scene = await createFar([{ error: { code: -32001, message: 'gone' } }])
  const continuation = JSON.stringify({ messageId: 'm', taskId: 'task-1' })
  expect((await ask(scene, { ...hello, continuation })).error).toMatchObject({
    code: 'model_error',
    retryable: false,
  })
})

test('goes nowhere else with the headers, unless that is meant', async () => {
  const other = await createFar([{ frames: [{ task: says('COMPLETED', 'Hello') }] }])
  const elsewhere: CardChanges = () => ({
    supportedInterfaces: [{ url: other.server.url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  })
  const headers = () => ({ 'x-key': 'secret' })
  expect((await ask(await createFar([], { headers }, elsewhere))).error).toMatchObject({
    code: 'invalid_configuration',
  })
  expect(other.server.calls).toEqual([])
  await ask(await createFar([], { headers, otherOrigins: [other.server.url] }, elsewhere))
  expect(other.server.calls[0]?.headers['x-key']).toBe('secret')
})

test('keeps no answer that is endless', async () => {
  const huge = { result: says('COMPLETED', 'x'.repeat(2 ** 24)) }
  const continuation = JSON.stringify({ messageId: 'm', taskId: 'task-1' })
  expect((await ask(await createFar([huge]), { ...hello, continuation })).error).toMatchObject({
    code: 'model_error',
  })
})

test('reaches private addresses only when that is meant', async () => {
  const { error } = await ask(await createFar([], { allowPrivateNetwork: false }))
  expect(error).toMatchObject({ code: 'invalid_configuration' })
  const text = { name: 'Far', url: 'http://localhost:1', allowPrivateNetwork: 'false' as unknown as boolean }
  expect(() => createA2aAgent(text)).toThrow('allowPrivateNetwork must be true or false, not "false".')
})

test('stops at once when it is told to, and stops the task when that is wished', async () => {
  const scene = await createFar([
    { frames: [{ task: task('WORKING') }], stays: true },
    { result: task('CANCELED') },
  ])
  const controller = new AbortController()
  const stream = scene.client.stream(hello, { signal: controller.signal })
  const stopped = (async () => {
    for await (const event of stream)
      if (toTokens([event])[0]?.includes('task-1')) controller.abort(new Error('Enough.'))
  })()
  await expect(stopped).rejects.toThrow('Enough.')
  await scene.client.cancel?.(JSON.stringify({ messageId: 'm', taskId: 'task-1' }))
  expect(methods(scene)).toEqual(['SendStreamingMessage', 'CancelTask'])
  await expect(scene.client.cancel?.('another')).rejects.toMatchObject({ code: 'invalid_request' })
})

test('learns which task is to be stopped, when it is told to stop before that is known', async () => {
  const controller = new AbortController()
  await using server = await startA2aServer(() => {
    controller.abort(new Error('Enough.'))
    return { frames: [{ task: task('WORKING') }], stays: true }
  })
  const { client } = createA2aAgent({ name: 'Far', url: server.url, allowPrivateNetwork: true })
  const { events, error } = await ask({ client }, hello, { signal: controller.signal })
  expect([error, toTokens(events).at(-1)]).toEqual([new Error('Enough.'), expect.stringContaining('task-1')])
})

test.each([
  [{ url: 'ftp://a' }, /url/i],
  [{ url: 'https://user:secret@a' }, /user name/],
  [{ url: 'https://a/b?code=secret' }, /no query/],
  [{ onInterrupted: 'maybe' as 'fail' }, /onInterrupted/],
  [{ nmae: 'x' } as object, /nmae/],
  [{ otherOrigins: ['example.com'] }, /otherOrigins/],
  [{ pollIntervalMs: 0 }, /pollIntervalMs/],
])('refuses %j', (options, message) => {
  const create = () => createA2aAgent({ name: 'Far', url: 'https://a', ...options })
  expect(create).toThrow(AgentError)
  expect(create).toThrow(message)
  expect(create).not.toThrow(/secret/)
})
