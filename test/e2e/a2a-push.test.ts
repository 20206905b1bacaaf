import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamResponse, type Task, TaskState } from '@a2a-js/sdk'
import type { Client } from '@a2a-js/sdk/client'
import { legacyPushNotificationToV1StreamResponse } from '@a2a-js/sdk/compat/v0_3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createA2aClient,
  createLegacyClient,
  readError,
  says,
  toAnswer,
  toPartText,
  toPush,
  toTask,
} from '../support/a2a-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { type ReceivedNews, WebhookReceiver } from '../support/webhook-receiver.js'

const secret = `whsec_${Buffer.alloc(32, 'secret of the tests ').toString('base64')}`
const token = 'token-that-only-the-receiver-knows'
const credentials = 'credentials-that-only-the-receiver-knows'

const { TASK_STATE_COMPLETED, TASK_STATE_FAILED, TASK_STATE_INPUT_REQUIRED, TASK_STATE_CANCELED } = TaskState

const bed = new TestBed()
let receiver: WebhookReceiver
let scene: RunScene
let client: Client
let legacy: Client

beforeAll(async () => {
  receiver = await WebhookReceiver.start(secret)
  scene = await RunScene.set(bed, {
    entry: 'test/fixtures/apps/e2e-a2a/app.js',
    env: { E2E_WEBHOOKS: JSON.stringify({ secret, callerHosts: [receiver.host] }) },
  })
  client = await createA2aClient(scene.host)
  legacy = await createLegacyClient(scene.host)
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
  scene.book.add('Fail', { error: { status: 400, body: { error: { message: 'secret of the provider' } } } })
})

afterAll(async () => {
  await bed.end()
  await receiver.close()
})

/** A message that says where to tell of its task, whose sender does not wait. */
function saysAndLeaves(text: string, push = toPush(receiver.url('/push')), messageId?: string) {
  const id = messageId === undefined ? {} : { messageId }
  return says(text, { push, returnImmediately: true, ...id })
}

/** The task that a receiver with the official packages makes of what it is sent. */
function toPushed({ body }: ReceivedNews): Task {
  const isLegacy = typeof body === 'object' && body !== null && 'kind' in body
  const { payload } = isLegacy
    ? legacyPushNotificationToV1StreamResponse(body)
    : StreamResponse.fromJSON(body)
  if (payload?.$case !== 'task') throw new Error('It is no task.')
  return payload.value
}

function newsOf(taskId: string): readonly ReceivedNews[] {
  return receiver.news.filter((news) => toPushed(news).id === taskId)
}

/** Resolves when so much was told of a task. */
function waitForNews(taskId: string, count: number, withinMs?: number): Promise<readonly ReceivedNews[]> {
  return waitFor(() => (newsOf(taskId).length >= count ? newsOf(taskId) : undefined), withinMs)
}

const toStates = (news: readonly ReceivedNews[]) => news.map((one) => toPushed(one).status?.state)

/** Asks for what a human has to allow; gives the task that waits, of which nobody is told. */
async function askForRefund(by = client): Promise<Task> {
  const task = toTask(await by.sendMessage(says('Refund order 7')))
  expect(task.status?.state).toBe(TASK_STATE_INPUT_REQUIRED)
  return task
}

/** Resolves when whatever was to be told by now would have come. */
async function waitForOthers(): Promise<void> {
  const { id } = toTask(await client.sendMessage(saysAndLeaves('And this?')))
  await waitForNews(id, 1)
}

test('the card says that there are push notifications', async () => {
  expect((await client.getAgentCard()).capabilities).toMatchObject({ pushNotifications: true })
  expect((await legacy.getAgentCard()).capabilities).toMatchObject({ pushNotifications: true })
})

describe('who sends a message', () => {
  test('is told of the task when it has ended, by what it has given', async () => {
    const push = toPush(receiver.url('/push?job=1'), {
      token,
      authentication: { scheme: 'Bearer', credentials },
    })
    const { id } = toTask(await client.sendMessage(saysAndLeaves('Hello', push)))
    const [news] = await waitForNews(id, 1)
    expect(news).toMatchObject({
      path: '/push?job=1',
      contentType: 'application/a2a+json',
      authorization: `Bearer ${credentials}`,
      token,
    })
    const { history: _history, ...task } = await client.getTask({ tenant: '', id })
    expect(news && toPushed(news)).toEqual({ ...task, history: [] })
    expect([task.status?.state, toAnswer(task)]).toEqual([TASK_STATE_COMPLETED, 'You said: Hello'])
  })

  test('is told that the task asks something, and of its end', async () => {
    const push = toPush(receiver.url('/push'))
    const { id } = toTask(await client.sendMessage(saysAndLeaves('Refund order 7', push)))
    const [asking] = await waitForNews(id, 1)
    expect(asking?.authorization).toBeUndefined()
    expect(asking?.token).toBeUndefined()
    const asked = asking && toPushed(asking)
    expect(asked?.status?.state).toBe(TASK_STATE_INPUT_REQUIRED)
    const [question = ''] = asked?.status?.message?.parts.map(toPartText) ?? []
    expect(question).toContain('May the agent call refund')
    await client.sendMessage(says('yes', { taskId: id, push }))
    const told = await waitForNews(id, 2)
    expect(toStates(told)).toEqual([TASK_STATE_INPUT_REQUIRED, TASK_STATE_COMPLETED])
    expect(new Set(told.map((one) => one.id)).size).toBe(2)
    await waitForOthers()
    expect(newsOf(id)).toHaveLength(2)
  })

  test.each([
    ['1.0', () => client],
    ['0.3', () => legacy],
  ])('is told of a task that fails, and why, in the words of %s', async (_version, by) => {
    const { id } = toTask(await by().sendMessage(saysAndLeaves('Fail')))
    const [news] = await waitForNews(id, 1)
    expect(news && toStates([news])).toEqual([TASK_STATE_FAILED])
    const parts = news ? (toPushed(news).status?.message?.parts ?? []) : []
    expect(parts.map(toPartText)).toEqual([expect.any(String), '{"code":"model_error"}'])
    expect(JSON.stringify(news)).not.toContain('secret of')
  })

  test('in 0.3 is sent the task as it is', async () => {
    const push = toPush(receiver.url('/push'), { token, authentication: { scheme: 'Bearer', credentials } })
    const { id } = toTask(await legacy.sendMessage(saysAndLeaves('Hello', push)))
    const [news] = await waitForNews(id, 1)
    expect(news).toMatchObject({
      contentType: 'application/json',
      authorization: `Bearer ${credentials}`,
      token,
      body: { kind: 'task', id, status: { state: 'completed' } },
    })
    expect(news && toAnswer(toPushed(news))).toBe('You said: Hello')
  })

  test('in 0.3 may say which schemes its webhook takes, and give a token alone', async () => {
    const push = toPush(receiver.url('/push'), {
      token,
      authentication: { scheme: 'Bearer', credentials: '' },
    })
    const { id } = toTask(await legacy.sendMessage(saysAndLeaves('Hello', push)))
    const [news] = await waitForNews(id, 1)
    expect(news).toMatchObject({ token, authorization: undefined })
    expect(await readError(client.sendMessage(saysAndLeaves('Hello', push)))).toMatchObject({ code: -32602 })
  })

  test('again is told once', async () => {
    const messageId = 'sent-twice'
    const send = () => client.sendMessage(saysAndLeaves('Hello', undefined, messageId)).then(toTask)
    const [{ id }, other] = await Promise.all([send(), send()])
    expect(other.id).toBe(id)
    await waitForNews(id, 1)
    const later = toPush(receiver.url('/push'), { token: 'another' })
    expect(toTask(await client.sendMessage(saysAndLeaves('Hello', later, messageId))).id).toBe(id)
    await waitForOthers()
    expect(newsOf(id)).toHaveLength(1)
  })

  test('again, and only then says where, is told of what has ended meanwhile', async () => {
    const messageId = 'webhook-later'
    const { id, status } = toTask(await client.sendMessage(says('Hello', { messageId })))
    expect(status?.state).toBe(TASK_STATE_COMPLETED)
    const later = saysAndLeaves('Hello', toPush(receiver.url('/later')), messageId)
    for (const _time of [1, 2]) await client.sendMessage(later)
    const [news] = await waitForNews(id, 1)
    expect(news && toStates([news])).toEqual([TASK_STATE_COMPLETED])
    await waitForOthers()
    expect(newsOf(id)).toHaveLength(1)
  })

  test('as an answer is told of the task from then on', async () => {
    const { id } = await askForRefund()
    await client.sendMessage(says('no', { taskId: id, push: toPush(receiver.url('/answered')) }))
    const [news] = await waitForNews(id, 1)
    expect(news).toMatchObject({ path: '/answered' })
    expect(news && toStates([news])).toEqual([TASK_STATE_COMPLETED])
  })
})

describe.each([
  ['1.0', () => client],
  ['0.3', () => legacy],
])('a webhook of a task in %s', (_version, by) => {
  test('is told from when it is named: that the task waits, and how it ends', async () => {
    const { id: taskId } = await askForRefund()
    const push = toPush(receiver.url('/named'), { taskId, id: 'mine', token })
    const created = await by().createTaskPushNotificationConfig(push)
    expect(created).toEqual({ ...push, token: '' })
    expect(await by().getTaskPushNotificationConfig({ tenant: '', taskId, id: 'mine' })).toEqual(created)
    await waitForNews(taskId, 1)
    await by().cancelTask({ tenant: '', id: taskId, metadata: undefined })
    const told = await waitForNews(taskId, 2)
    expect(toStates(told)).toEqual([TASK_STATE_INPUT_REQUIRED, TASK_STATE_CANCELED])
    expect(told.map((news) => [news.path, news.token])).toEqual([
      ['/named', token],
      ['/named', token],
    ])
    await by().createTaskPushNotificationConfig(push)
    await by().createTaskPushNotificationConfig({ ...push, id: 'late', url: receiver.url('/late') })
    const [late] = (await waitForNews(taskId, 3)).slice(2)
    expect(late?.path).toBe('/late')
    expect(late && toStates([late])).toEqual([TASK_STATE_CANCELED])
    await waitForOthers()
    expect(newsOf(taskId)).toHaveLength(3)
  })

  test('is replaced by the next one of its id, and told no more once it is deleted', async () => {
    const { id: taskId } = await askForRefund()
    const name = (path: string, id = '') =>
      by().createTaskPushNotificationConfig(toPush(receiver.url(path), { taskId, id }))
    await name('/first', 'mine')
    const { id: made } = await name('/other')
    await waitForNews(taskId, 2)
    await name('/second', 'mine')
    await waitForNews(taskId, 3)
    const list = async () => {
      const { configs } = await by().listTaskPushNotificationConfig({
        tenant: '',
        taskId,
        pageSize: 0,
        pageToken: '',
      })
      return configs.map(({ id, url }) => [id, new URL(url).pathname])
    }
    expect(await list()).toEqual([
      ['mine', '/second'],
      [made, '/other'],
    ])
    for (const _time of [1, 2]) await by().deleteTaskPushNotificationConfig({ tenant: '', taskId, id: made })
    expect(await list()).toEqual([['mine', '/second']])
    const unnamed = by().deleteTaskPushNotificationConfig({ tenant: '', taskId, id: '' })
    expect(await readError(unnamed)).toMatchObject({ code: -32602 })
    const gone = by().getTaskPushNotificationConfig({ tenant: '', taskId, id: made })
    expect(await readError(gone)).toMatchObject({ code: -32001 })
    await by().cancelTask({ tenant: '', id: taskId, metadata: undefined })
    await waitForNews(taskId, 4)
    await waitForOthers()
    const paths = newsOf(taskId).map(({ path }) => path)
    expect(paths.toSorted()).toEqual(['/first', '/other', '/second', '/second'])
  })

  test('is nobody else’s to know or change', async () => {
    const ann = await createA2aClient(scene.host, { user: 'ann' })
    const { id: taskId } = await askForRefund(ann)
    const push = toPush(receiver.url('/ann'), { taskId, id: 'a' })
    await ann.createTaskPushNotificationConfig(push)
    const calls = [
      by().createTaskPushNotificationConfig(push),
      by().getTaskPushNotificationConfig({ tenant: '', taskId, id: 'a' }),
      by().listTaskPushNotificationConfig({ tenant: '', taskId, pageSize: 0, pageToken: '' }),
      by().deleteTaskPushNotificationConfig({ tenant: '', taskId, id: 'a' }),
    ]
    for (const error of await Promise.all(calls.map(readError))) expect(error).toMatchObject({ code: -32001 })
  })
})

describe('what is refused', () => {
  test.each([
    ['a host that is not allowed', { url: 'https://elsewhere.example.com/' }, 'url'],
    ['a host of the network behind', { url: 'http://169.254.169.254/' }, 'url'],
    ['no URL', { url: '' }, 'url'],
    ['a token that ends its header', { token: 'a\r\nx-evil: 1' }, 'token'],
    ['a token beyond ASCII', { token: 'tökén' }, 'token'],
    ['a long token', { token: 'x'.repeat(4097) }, 'token'],
    ['credentials of no scheme', { authentication: { scheme: '', credentials } }, 'authentication'],
    [
      'a scheme without credentials',
      { authentication: { scheme: 'Bearer', credentials: '' } },
      'authentication',
    ],
    ['no scheme', { authentication: { scheme: 'a b', credentials } }, 'authentication'],
    ['a long id', { id: 'x'.repeat(513) }, 'id'],
  ])('%s, and nothing is begun', async (_what, given, field) => {
    const push = toPush(receiver.url('/push'), given)
    const message = says('Hello', { contextId: 'refused', push })
    for (const by of [client, legacy]) {
      const error = await readError(by.sendMessage(message))
      expect(error).toMatchObject({ code: -32602 })
      expect(JSON.stringify(error)).toMatch(new RegExp(`"field":"configuration\\.\\w+\\.${field}`))
      expect(JSON.stringify(error)).not.toMatch(/x-evil|tökén|xxx|only-the-receiver/)
    }
    expect((await scene.api.state('refused')).status).toBe(404)
  })

  test('one webhook too many', async () => {
    const { id: taskId } = await askForRefund()
    const name = (index: number) =>
      client.createTaskPushNotificationConfig(toPush(receiver.url(`/many/${index}`), { taskId }))
    for (let index = 0; index < 10; index += 1) await name(index)
    expect(await readError(name(10))).toMatchObject({ code: -32602 })
    await name(9)
  })
})

test('what a receiver does not take is sent again, also after kill -9, under the same id', async () => {
  receiver.answers.push({ status: 503 })
  const { id } = toTask(
    await client.sendMessage(saysAndLeaves('Hello', toPush(receiver.url('/push'), { token }))),
  )
  await waitForNews(id, 1)
  await scene.restart()
  const [first, second] = await waitForNews(id, 2, 20_000)
  expect(second).toEqual(first)
})

test('a host that dies between the end of a task and its commit tells it all the same', async () => {
  scene.book.add('Work on', callTools(call('work', { id: 'dying', gate: 'dying' })))
  const push = toPush(receiver.url('/push'), { token })
  const { id, contextId } = toTask(await client.sendMessage(saysAndLeaves('Work on', push, 'dying')))
  await scene.waitForWork('dying')
  await scene.openGate('dying')
  await scene.api.waitForOutcome(contextId, 'dying')
  await scene.restart()
  const [news] = await waitForNews(id, 1)
  expect(news).toMatchObject({ token })
  expect(news && toStates([news])).toEqual([TASK_STATE_COMPLETED])
})

test('what clients give for their webhooks is written nowhere', async () => {
  const files = await readdir(scene.dataDir, { recursive: true, withFileTypes: true })
  for (const file of files.filter((one) => one.isFile())) {
    const path = join(file.parentPath, file.name)
    const content = await readFile(path)
    for (const one of [token, credentials]) expect(content.includes(one), path).toBe(false)
  }
  expect(scene.host.output()).not.toMatch(/only-the-receiver/)
})
