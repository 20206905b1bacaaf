import { randomUUID } from 'node:crypto'
import { type StreamResponse, TaskState } from '@a2a-js/sdk'
import type { Client } from '@a2a-js/sdk/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createA2aClient,
  createLegacyClient,
  readError,
  says,
  toAgentUrl,
  toAnswer,
  toPartText,
  toStreamed,
  toTask,
} from '../support/a2a-client.js'
import { collect } from '../support/openai-client.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene
let client: Client

beforeAll(async () => {
  scene = await RunScene.set(bed, { entry: 'test/fixtures/apps/e2e-a2a/app.js' })
  client = await createA2aClient(scene.host)
  scene.book.add('Do a', { text: 'One moment', toolCalls: [call('work', { id: 'a' })] })
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

const {
  TASK_STATE_CANCELED,
  TASK_STATE_COMPLETED,
  TASK_STATE_FAILED,
  TASK_STATE_INPUT_REQUIRED,
  TASK_STATE_WORKING,
} = TaskState

/** The approval that a task asks for. */
function toApprovalId({
  status,
}: {
  readonly status: { readonly message?: { readonly parts: readonly unknown[] } | undefined } | undefined
}): string {
  const [, data] = status?.message?.parts ?? []
  return (data as { readonly content: { readonly value: { readonly approvalId: string } } }).content.value
    .approvalId
}

/** Asks that of a human, and gives the task that waits. */
async function askForRefund() {
  const task = toTask(await client.sendMessage(says('Refund order 7')))
  expect(task.status?.state).toBe(TASK_STATE_INPUT_REQUIRED)
  return task
}

function refunds(sessionId: string) {
  return scene.effects().then((all) => all.filter((one) => one.sessionId === sessionId && one.what === 'end'))
}

describe('the official client', () => {
  test('sends a message and gets the task with its answer', async () => {
    const task = toTask(await client.sendMessage(says('Do a')))
    expect([task.status?.state, toAnswer(task)]).toEqual([TASK_STATE_COMPLETED, 'Tools: a by work'])
    expect(task.history.map(({ parts }) => parts.map(toPartText).join(''))).toEqual(['Do a', 'One moment'])
    expect(client.protocolVersion).toBe('1.0')
  })

  test('streams the task, words on the way, and the answer', async () => {
    const frames = await collect(client.sendMessageStream(says('Do a')))
    const task = toStreamed(frames)
    expect([task.status?.state, toAnswer(task)]).toEqual([TASK_STATE_COMPLETED, 'Tools: a by work'])
    expect(JSON.stringify(frames)).not.toMatch(/"name":"work"|usage_ignored/)
  })

  test('goes on with a context', async () => {
    const contextId = `späť & ${randomUUID()}`
    const first = toTask(await client.sendMessage(says('My name is Ann', { contextId })))
    const second = toTask(await client.sendMessage(says('And now?', { contextId })))
    expect([first.contextId, second.contextId]).toEqual([contextId, contextId])
    expect((await scene.api.state(contextId)).body.message_count).toBe(2)
    const { tasks, totalSize } = await list({ contextId })
    expect([tasks.map(({ id }) => id), totalSize]).toEqual([[second.id, first.id], 2])
  })

  test('sends a message again without a second run', async () => {
    const message = says('Do a')
    const first = toTask(await client.sendMessage(message))
    const before = (await scene.effects()).length
    expect(await client.sendMessage(message)).toEqual(first)
    expect(toStreamed(await collect(client.sendMessageStream(message)))).toEqual(first)
    expect(await scene.effects()).toHaveLength(before)
    const other = says('Do b', { messageId: first.history[0]?.messageId ?? '' })
    expect(await readError(client.sendMessage(other))).toMatchObject({ code: -32602 })
  })

  test('asks for a task with as much history as it wants', async () => {
    const { id } = toTask(await client.sendMessage(says('Do a', { historyLength: 0 })))
    const read = (historyLength?: number) =>
      client.getTask({ tenant: '', id, ...(historyLength === undefined ? {} : { historyLength }) })
    const lengths = await Promise.all(
      [0, 1, 9, undefined].map(async (length) => (await read(length)).history.length),
    )
    expect(lengths).toEqual([0, 1, 2, 2])
  })

  test('need not wait, subscribes, and cancels', async () => {
    scene.book.add('Do gated', callTools(call('work', { id: 'gated', gate: 'never' })))
    const { id, status } = toTask(await client.sendMessage(says('Do gated', { returnImmediately: true })))
    expect(status?.state).not.toBe(TASK_STATE_COMPLETED)
    await scene.waitForWork('gated')
    const frames = client.resubscribeTask({ tenant: '', id })
    const [first] = [(await frames.next()).value as StreamResponse]
    expect(first?.payload).toMatchObject({
      $case: 'task',
      value: { id, status: { state: TASK_STATE_WORKING } },
    })
    const cancelled = await client.cancelTask({ tenant: '', id, metadata: undefined })
    expect(cancelled.status?.state).toBe(TASK_STATE_CANCELED)
    expect(toStreamed([first as StreamResponse, ...(await collect(frames))]).status?.state).toBe(
      TASK_STATE_CANCELED,
    )
    expect(await readError(client.cancelTask({ tenant: '', id, metadata: undefined }))).toMatchObject({
      code: -32002,
    })
    expect(await readError(collect(client.resubscribeTask({ tenant: '', id })))).toMatchObject({
      code: -32004,
    })
  })

  test('is told what a task has failed of', async () => {
    scene.book.add('Fail', { error: { status: 400, body: { error: { message: 'secret of the provider' } } } })
    const task = toTask(await client.sendMessage(says('Fail')))
    expect(task.status?.state).toBe(TASK_STATE_FAILED)
    expect(task.status?.message?.parts.map(toPartText)).toEqual([
      expect.any(String),
      '{"code":"model_error"}',
    ])
    expect(JSON.stringify(task)).not.toContain('secret')
  })

  test('sends data and files, and gets data when it asks for a schema', async () => {
    scene.book.add('What is it?{"answer":42}', { text: '{"kind":"cat"}' })
    const raw = Buffer.from('cat')
    const parts = [
      { $case: 'text', value: 'What is it?' },
      { $case: 'data', value: { answer: 42 } },
      { $case: 'url', value: 'https://example.com/cat.png' },
    ] as const
    const responseSchema = { type: 'object', properties: { kind: { type: 'string' } }, required: ['kind'] }
    const task = toTask(await client.sendMessage(says(parts, { metadata: { responseSchema } })))
    expect(task.artifacts[0]?.parts[0]?.content).toEqual({ $case: 'data', value: { kind: 'cat' } })
    const file = toTask(await client.sendMessage(says([{ $case: 'raw', value: raw }])))
    expect(file.history[0]?.parts[0]?.content).toEqual({ $case: 'raw', value: raw })
  })

  test('gets large files back that it has sent, but not in lists', async () => {
    const large = { $case: 'raw', value: Buffer.alloc(50_000, 'cat') } as const
    const { id, contextId, history } = toTask(await client.sendMessage(says([large])))
    const subscribed = toStreamed(
      await collect((await createLegacyClient(scene.host)).resubscribeTask({ tenant: '', id })),
    )
    const read = await client.getTask({ tenant: '', id })
    for (const messages of [history, read.history, subscribed.history])
      expect(messages[0]?.parts[0]?.content).toEqual(large)
    const [listed] = (await list({ contextId })).tasks
    expect(listed?.history[0]?.parts.map(toPartText)).toEqual([expect.stringContaining('text/plain')])
  })

  test('lists tasks page by page', async () => {
    const contextId = randomUUID()
    for (const text of ['One', 'Two', 'Three']) await client.sendMessage(says(text, { contextId }))
    const first = await list({ contextId, pageSize: 2, includeArtifacts: true })
    expect([first.tasks.map(toAnswer), first.totalSize]).toEqual([['You said: Three', 'You said: Two'], 3])
    const second = await list({ contextId, pageSize: 2, pageToken: first.nextPageToken })
    expect([second.tasks.map(toAnswer), second.nextPageToken]).toEqual([[''], ''])
    expect((await list({ contextId, status: TASK_STATE_FAILED })).tasks).toEqual([])
    expect((await list({})).totalSize).toBeGreaterThan(3)
  })
})

test('lists what has changed last first, and shows nothing twice that changes between pages', async () => {
  const lister = await createA2aClient(scene.host, { user: 'lister' })
  const asked = toTask(await lister.sendMessage(says('Refund order 7')))
  const said = toTask(await lister.sendMessage(says('One')))
  const first = await list({ pageSize: 1 }, lister)
  expect(first.tasks.map(({ id }) => id)).toEqual([said.id])
  await lister.sendMessage(says('no', { taskId: asked.id }))
  expect((await list({}, lister)).tasks.map(({ id }) => id)).toEqual([asked.id, said.id])
  const second = await list({ pageSize: 1, pageToken: first.nextPageToken }, lister)
  expect([second.tasks, second.nextPageToken]).toEqual([[], ''])
})

function list(params: Partial<Parameters<Client['listTasks']>[0]>, by = client) {
  return by.listTasks({
    tenant: '',
    contextId: '',
    status: 0,
    pageToken: '',
    statusTimestampAfter: undefined,
    ...params,
  })
}

describe('a human', () => {
  test('approves by a plain yes, once', async () => {
    const { id, contextId } = await askForRefund()
    const yes = says('Yes.', { taskId: id })
    const done = toTask(await client.sendMessage(yes))
    expect([done.status?.state, toAnswer(done)]).toEqual([TASK_STATE_COMPLETED, 'Tools: 250 for 7'])
    expect(await client.sendMessage(yes)).toEqual(done)
    expect(await refunds(contextId)).toHaveLength(1)
  })

  test('rejects by data, with a reason, and hears the rest as a stream', async () => {
    const task = await askForRefund()
    const data = { approvalId: toApprovalId(task), approved: false, reason: 'Not today' }
    const frames = await collect(
      client.sendMessageStream(says([{ $case: 'data', value: data }], { taskId: task.id })),
    )
    expect(toStreamed(frames).status?.state).toBe(TASK_STATE_COMPLETED)
    expect(toAnswer(toStreamed(frames))).toContain('Not today')
    expect(await refunds(task.contextId)).toEqual([])
  })

  test('approves with other arguments, if the tool takes them', async () => {
    const task = await askForRefund()
    const decide = (amount: number) => {
      const value = { approvalId: toApprovalId(task), approved: true, arguments: { order: 7, amount } }
      return client.sendMessage(says([{ $case: 'data', value }], { taskId: task.id }))
    }
    expect(await readError(decide(-1))).toMatchObject({ code: -32602 })
    expect(toAnswer(toTask(await decide(20)))).toBe('Tools: 20 for 7')
  })

  test('who says neither yes nor no decides nothing', async () => {
    const { id, contextId } = await askForRefund()
    for (const text of ['yes, but only 100', 'Refund order 7'])
      expect(await readError(client.sendMessage(says(text, { taskId: id })))).toMatchObject({ code: -32602 })
    expect(
      await readError(client.sendMessage(says('yes', { taskId: id, contextId: 'another' }))),
    ).toMatchObject({ code: -32602 })
    expect((await client.getTask({ tenant: '', id })).status?.state).toBe(TASK_STATE_INPUT_REQUIRED)
    expect(await refunds(contextId)).toEqual([])
    const subscribed = collect(client.resubscribeTask({ tenant: '', id }))
    await client.sendMessage(says('no', { taskId: id }))
    expect(toStreamed(await subscribed).status?.state).toBe(TASK_STATE_COMPLETED)
    const after = await readError(client.sendMessage(says('yes', { taskId: id })))
    expect(after).toMatchObject({ name: 'UnsupportedOperationError', code: -32004 })
  })

  test('whose yes comes again does not answer the next question', async () => {
    scene.book.add(
      'Refund twice',
      callTools(call('refund', { order: 1, amount: 101 })),
      callTools(call('refund', { order: 2, amount: 102 })),
    )
    const asked = toTask(await client.sendMessage(says('Refund twice')))
    const yes = says('yes', { taskId: asked.id })
    const again = toTask(await client.sendMessage(yes))
    expect([again.status?.state, toApprovalId(again) === toApprovalId(asked)]).toEqual([
      TASK_STATE_INPUT_REQUIRED,
      false,
    ])
    expect(await client.sendMessage(yes)).toEqual(again)
    expect(await refunds(asked.contextId)).toHaveLength(1)
  })
})

describe('a client of 0.3', () => {
  test('sends, streams, decides and asks for tasks in its own words', async () => {
    const legacy = await createLegacyClient(scene.host)
    const frames = await collect(legacy.sendMessageStream(says('Do a')))
    const task = toStreamed(frames)
    expect([legacy.protocolVersion, task.status?.state, toAnswer(task)]).toEqual([
      '0.3',
      TASK_STATE_COMPLETED,
      'Tools: a by work',
    ])
    expect(toAnswer(await legacy.getTask({ tenant: '', id: task.id }))).toBe('Tools: a by work')
    expect(await collect(legacy.resubscribeTask({ tenant: '', id: task.id }))).toHaveLength(1)
    const asked = toTask(await legacy.sendMessage(says('Refund order 7')))
    const value = { approvalId: toApprovalId(asked), approved: true }
    const done = toTask(await legacy.sendMessage(says([{ $case: 'data', value }], { taskId: asked.id })))
    expect(toAnswer(done)).toBe('Tools: 250 for 7')
    expect(
      await readError(legacy.cancelTask({ tenant: '', id: task.id, metadata: undefined })),
    ).toMatchObject({ code: -32002 })
  })
})

describe('somebody else', () => {
  test('finds neither tasks nor contexts', async () => {
    const ann = await createA2aClient(scene.host, { user: 'ann' })
    const bob = await createA2aClient(scene.host, { user: 'bob' })
    const { id, contextId } = toTask(await ann.sendMessage(says('Refund order 7')))
    const none = { name: 'TaskNotFoundError', code: -32001 }
    const calls = [
      bob.getTask({ tenant: '', id }),
      bob.cancelTask({ tenant: '', id, metadata: undefined }),
      bob.sendMessage(says('yes', { taskId: id })),
      bob.sendMessage(says('Hi', { contextId })),
      collect(bob.resubscribeTask({ tenant: '', id })),
      client.getTask({ tenant: '', id }),
    ]
    for (const error of await Promise.all(calls.map(readError))) expect(error).toMatchObject(none)
    expect((await list({ contextId }, bob)).tasks).toEqual([])
    expect((await list({}, bob)).tasks).toEqual([])
    expect((await list({ contextId }, ann)).tasks).toHaveLength(1)
  })

  test('who sends a message of the same id has a context of its own', async () => {
    const message = says('Hello')
    const ann = await createA2aClient(scene.host, { user: 'ann' })
    const tasks = [await ann.sendMessage(message), await client.sendMessage(message)].map(toTask)
    expect(tasks[0]?.contextId).not.toBe(tasks[1]?.contextId)
  })
})

interface RpcFailure {
  readonly jsonrpc: string
  readonly id: unknown
  readonly error: {
    readonly code: number
    readonly data: readonly { readonly fieldViolations?: readonly { readonly field: string }[] }[]
  }
}

/** The field that an answer finds wrong. */
function toField({ error }: RpcFailure): string | undefined {
  return error.data[1]?.fieldViolations?.[0]?.field
}

describe('what is wrong', () => {
  const url = () => `${scene.host.url}/api/a2a/Assistant`
  async function post(body: string, headers: Record<string, string> = {}, to = url()) {
    const response = await fetch(to, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    return { status: response.status, body: (await response.json()) as RpcFailure }
  }
  const send = (message: object, rest: object = {}) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'SendMessage',
      params: {
        message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Hi' }], ...message },
        ...rest,
      },
    })
  const rpc = (method: string, params: unknown = {}) =>
    JSON.stringify({ jsonrpc: '2.0', id: 'x', method, params })

  test.each([
    ['no JSON', '{', -32700, 200],
    ['a batch', `[${send({})}]`, -32600, 200],
    ['no request', '"hi"', -32600, 200],
    ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"GetTask"}', -32600, 200],
    ['no id', '{"jsonrpc":"2.0","method":"GetTask"}', -32600, 200],
    ['a key Headers', '{"jsonrpc":"2.0","id":1,"method":"GetTask","Headers":{}}', -32600, 200],
    ['an unknown method', rpc('DoIt'), -32601, 200],
    ['a method of everybody', rpc('constructor'), -32601, 200],
    ['no parameters', rpc('SendMessage', null), -32602, 200],
    ['no message', rpc('SendMessage', {}), -32602, 200],
    ['no messageId', send({ messageId: undefined }), -32602, 200],
    ['an empty messageId', send({ messageId: '' }), -32602, 200],
    ['a messageId with a slash', send({ messageId: 'a/b' }), -32602, 200],
    ['a long messageId', send({ messageId: 'm'.repeat(129) }), -32602, 200],
    ['a contextId with a control character', send({ contextId: 'a\u0000' }), -32602, 200],
    ['a message of the agent', send({ role: 'ROLE_AGENT' }), -32602, 200],
    ['no parts', send({ parts: [] }), -32602, 200],
    ['a blank part', send({ parts: [{ text: ' ' }] }), -32602, 200],
    ['a part of nothing', send({ parts: [{}] }), -32602, 200],
    ['a part of two things', send({ parts: [{ text: 'a', url: 'https://a' }] }), -32602, 200],
    ['a file of the server', send({ parts: [{ url: 'file:///etc/passwd' }] }), -32602, 200],
    ['a file that is no base64', send({ parts: [{ raw: '%%%' }] }), -32602, 200],
    ['a file of no type', send({ parts: [{ raw: 'YQ==', mediaType: 'a,b' }] }), -32602, 200],
    ['part of 0.3', send({ parts: [{ kind: 'file', file: {} }] }), -32602, 200],
    ['a negative history', send({}, { configuration: { historyLength: -1 } }), -32602, 200],
    ['an endless schema', send({}, { metadata: { responseSchema: { type: 'nothing' } } }), -32602, 200],
    [
      'push notifications',
      send({}, { configuration: { taskPushNotificationConfig: { url: 'http://a' } } }),
      -32003,
      200,
    ],
    ['a push configuration', rpc('CreateTaskPushNotificationConfig'), -32003, 200],
    ['to read one', rpc('GetTaskPushNotificationConfig'), -32003, 200],
    ['to list them', rpc('tasks/pushNotificationConfig/list'), -32003, 200],
    ['to delete one', rpc('tasks/pushNotificationConfig/delete'), -32003, 200],
    ['an extended card', rpc('GetExtendedAgentCard'), -32004, 200],
    ['an unknown task', rpc('GetTask', { id: 'nothing' }), -32001, 200],
    [
      'a task whose session is odd',
      rpc('GetTask', { id: `${Buffer.from('../a').toString('base64url')}.m` }),
      -32001,
      200,
    ],
    ['a task of no session', send({ taskId: `${Buffer.from('none').toString('base64url')}.m` }), -32001, 200],
    ['a page of nothing', rpc('ListTasks', { pageSize: 0 }), -32602, 200],
    ['a state that there is not', rpc('ListTasks', { status: 'completed' }), -32602, 200],
    ['a page that there is not', rpc('ListTasks', { pageToken: 'x' }), -32602, 200],
    ['a huge body', send({ parts: [{ text: 'x'.repeat(2 ** 20) }] }), -32600, 413],
  ])('%s', async (_what, body, code, status) => {
    const answer = await post(body)
    expect([answer.status, answer.body.jsonrpc, answer.body.error?.code]).toEqual([status, '2.0', code])
    expect(answer.body.error.data[0]).toMatchObject({
      domain: 'a2a-protocol.org',
      metadata: { code: expect.any(String) },
    })
    expect(JSON.stringify(answer.body)).not.toMatch(/ at \/|node_modules/)
  })

  test('names the field, in 0.3 too', async () => {
    const { body } = await post(send({ parts: [{ text: 'a' }, { raw: '%' }] }))
    expect([body.id, toField(body)]).toEqual([1, 'message.parts.1.raw'])
    const message = {
      messageId: 'm',
      role: 'user',
      parts: [{ kind: 'file', file: { uri: 'http://a', mimeType: 'a/b' } }],
    }
    const legacy = await post(rpc('message/send', { message }))
    expect([legacy.body.id, toField(legacy.body)]).toEqual(['x', 'message.parts.0.file.uri'])
  })

  test('is a version that is not spoken, another content type, or an agent that there is not', async () => {
    expect((await post(send({}), { 'a2a-version': '2.0' })).body.error.code).toBe(-32009)
    expect((await post(send({}), {}, `${url()}?A2A-Version=2.0`)).body.error.code).toBe(-32009)
    expect((await post(send({}), { 'content-type': 'text/plain' })).body.error.code).toBe(-32600)
    expect((await post(send({}), {}, `${scene.host.url}/api/a2a/Nobody`)).status).toBe(404)
    expect((await fetch(`${scene.host.url}/api/a2a/Nobody/.well-known/agent-card.json`)).status).toBe(404)
  })
})

test('the card says who the agent is, where it is reached, and by which key', async () => {
  const { name, supportedInterfaces, capabilities, skills, securitySchemes } = await client.getAgentCard()
  expect(name).toBe('Assistant')
  expect(supportedInterfaces.map(({ url, protocolVersion }) => [`${url}/`, protocolVersion])).toEqual(
    ['1.0', '0.3'].map((version) => [toAgentUrl(scene.host), version]),
  )
  expect(capabilities).toMatchObject({ streaming: true, pushNotifications: false, extendedAgentCard: false })
  expect(skills.map(({ id }) => id)).toContain('Assistant.work')
  expect(securitySchemes.functionKey?.scheme?.value).toMatchObject({
    location: 'header',
    name: 'x-functions-key',
  })
})

// The last test, as it ends the host that the others use.
test('a task outlives kill -9: who subscribes anew hears all of it, and nothing is done twice', async () => {
  const first = { text: 'One moment', toolCalls: [call('work', { id: 'it', gate: 'first' })] }
  scene.book.add('Do it', first, callTools(call('work', { id: 'more', gate: 'second' })))
  const message = says('Do it')
  const frames = client.sendMessageStream(message)
  const { id } = toStreamed([(await frames.next()).value as StreamResponse])
  await scene.waitForWork('it')
  const asked = scene.model.requests.length
  const cut = collect(frames).catch(() => [])
  await scene.restart()
  await cut
  await scene.waitForWork('more')
  const subscribed = client.resubscribeTask({ tenant: '', id })
  const snapshot = (await subscribed.next()).value as StreamResponse
  expect(toAnswer(toStreamed([snapshot]))).toBe('One moment')
  await scene.openGate('second')
  const task = toStreamed([snapshot, ...(await collect(subscribed))])
  expect([task.status?.state, toAnswer(task)]).toEqual([TASK_STATE_COMPLETED, 'Tools: more by work'])
  expect(toAnswer(toTask(await client.sendMessage(message)))).toBe('Tools: more by work')
  expect(scene.model.requests.length).toBe(asked + 2)
})
