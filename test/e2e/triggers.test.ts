import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueClient } from '@azure/storage-queue'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toStorageConnectionString } from '../support/azurite.js'
import { findFreePort } from '../support/free-port.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
let connectionString: string
let scene: RunScene

beforeAll(async () => {
  connectionString = toStorageConnectionString({
    queuePort: await findFreePort(),
    blobPort: await findFreePort(),
  })
  const entry = 'test/fixtures/apps/e2e-triggers/app.js'
  scene = await RunScene.set(bed, { entry, env: { TriggerStorage: connectionString } })
  await scene.host.waitForOutput(/Started Azurite's blob service/, 20_000)
}, 40_000)
afterAll(() => bed.end())

interface Answer {
  readonly response: string
  readonly sessionId: string
  readonly id: string
  readonly name?: string
  readonly dequeueCount?: number
}

/** What `onAnswer` was told, by its text. */
async function waitForAnswers(response: string, count = 1): Promise<readonly Answer[]> {
  return waitFor(async () => {
    const text = await readFile(join(scene.dataDir, 'answers.log'), 'utf8').catch(() => '')
    const answers = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Answer]))
    const found = answers.filter((answer) => answer.response === response)
    return found.length >= count ? found : undefined
  }, 20_000)
}

/** Puts a message into a queue; gives the queue's id of it. */
async function send(name: string, message: unknown): Promise<string> {
  const queue = new QueueClient(connectionString, name)
  await queue.createIfNotExists()
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  return (await queue.sendMessage(Buffer.from(text).toString('base64'))).messageId
}

async function readQueue(name: string): Promise<readonly string[]> {
  const { peekedMessageItems } = await new QueueClient(connectionString, name).peekMessages({
    numberOfMessages: 32,
  })
  return peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString())
}

function countCalls(message: string): number {
  return scene.model.stats().byKey[message] ?? 0
}

/** For longer than a run waits within itself. */
const tooBusy = { status: 429, headers: { 'retry-after': '3600' } }

describe('a message of a queue', () => {
  test('is a run of the agent, in a conversation of its own, under the id of the message', async () => {
    const id = await send('tasks', 'plan my week')
    const [answer] = await waitForAnswers('You said: plan my week')
    expect(answer).toMatchObject({ id, sessionId: `queue-${id}`, dequeueCount: 1 })
    const { body } = await scene.api.outcome(`queue-${id}`, id)
    expect(body).toMatchObject({ status: 'success', response: 'You said: plan my week' })
  })

  test('says who it is for and what it says, and is one run however often it is sent', async () => {
    const order = { id: 7, customer: 'ann', text: 'where is order 7' }
    await send('orders', order)
    await waitForAnswers('You said: where is order 7')
    await send('orders', order)
    const answers = await waitForAnswers('You said: where is order 7', 2)
    expect(answers.map(({ sessionId }) => sessionId)).toEqual(['ann', 'ann'])
    expect(countCalls('where is order 7')).toBe(1)
    expect((await scene.api.outcome('ann', 'order-7')).body.status).toBe('success')
  })

  test('with a property that hides its id is told apart by what it says', async () => {
    await send('tasks', { id: 1, n: 'one' })
    await send('tasks', { id: 1, n: 'two' })
    const [one] = await waitForAnswers('You said: {"id":1,"n":"one"}')
    const [two] = await waitForAnswers('You said: {"id":1,"n":"two"}')
    expect(one?.sessionId).not.toBe(two?.sessionId)
  })

  test('is worked on after the death of its host, long before the queue delivers it again', async () => {
    const message = scene.book.add('take your time', callTools(call('refund', { order: 1, amount: 1 })), {
      text: 'I did.',
      delayMs: 1_000,
    })
    const id = await send('tasks', message)
    await waitFor(() => (countCalls(message) === 2 ? true : undefined), 15_000)
    await scene.restart()
    expect((await scene.api.waitForOutcome(`queue-${id}`, id)).response).toBe('I did.')
    // The first model call was recorded, and is not made again; the second was cut off.
    expect(countCalls(message)).toBe(3)
  })

  test('whose run fails for a reason that may pass is tried again as a new run, in the end well', async () => {
    let failures = 2
    const message = 'flaky'
    scene.book.addRule(message, () => (failures-- > 0 ? { error: tooBusy } : { text: 'At last.' }))
    await send('tasks', message)
    const [answer] = await waitForAnswers('At last.')
    expect(answer?.dequeueCount).toBe(3)
    const outcomes = await Promise.all(
      ['', '.2', '.3'].map((suffix) => scene.api.outcome(answer?.sessionId ?? '', `${answer?.id}${suffix}`)),
    )
    expect(outcomes.map(({ body }) => body.status)).toEqual(['error', 'error', 'success'])
  })

  test('whose run fails again and again is moved to the poison queue, at the cost of one run when the failure is for good', async () => {
    const busy = scene.book.add('poison', { error: tooBusy })
    const refused = scene.book.add('refused', { error: { status: 400, body: 'no' } })
    await Promise.all([send('tasks', busy), send('tasks', refused)])
    await waitFor(async () => {
      const texts = await readQueue('tasks-poison').catch((): readonly string[] => [])
      return [busy, refused].every((text) => texts.includes(text)) || undefined
    }, 25_000)
    expect([busy, refused].map(countCalls)).toEqual([5, 1])
  })
})

test('a blob is a run of the agent, once for each version', async () => {
  expect(scene.host.output()).toContain("'blob-Assistant' has source EventGrid")
  const service = BlobServiceClient.fromConnectionString(connectionString)
  const container = service.getContainerClient('inbox')
  await container.createIfNotExists()
  const blob = container.getBlockBlobClient('letter.txt')
  await blob.upload('Dear agent', 10)
  const [answer] = await waitForAnswers('You said: letter: Dear agent')
  expect(answer).toMatchObject({ name: 'letter', sessionId: `blob-${answer?.id}` })
  await blob.upload('Dear agent', 10)
  const [, second] = await waitForAnswers('You said: letter: Dear agent', 2)
  expect(second?.id).not.toBe(answer?.id)
})

test('a timer runs the agent, under the time that it was due', async () => {
  const body = JSON.stringify({ input: '' })
  const headers = { 'content-type': 'application/json' }
  await fetch(`${scene.host.url}/admin/functions/schedule-Assistant`, { method: 'POST', headers, body })
  const [answer] = await waitForAnswers('You said: Happy new year')
  expect(answer).toMatchObject({ sessionId: 'calendar', id: expect.stringMatching(/^\d{8}T\d{6}Z$/) })
})

describe('an agent as a tool of the MCP server', () => {
  let client: Client

  beforeAll(async () => {
    client = new Client({ name: 'tests', version: '1.0.0' })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${scene.host.url}/runtime/webhooks/mcp`)))
  })
  afterAll(() => client.close())

  test('is listed with what it takes; those that are no tools are not', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name).sort()).toEqual(['Hidden', 'ask_assistant'])
    expect(tools.find(({ name }) => name === 'ask_assistant')).toMatchObject({
      description: 'Answers questions.',
      inputSchema: { required: ['query'], properties: { query: { type: 'string' }, sessionId: {} } },
    })
  })

  test('answers, and goes on with a conversation', async () => {
    const first = await client.callTool({ name: 'ask_assistant', arguments: { query: 'hello' } })
    expect(first.content).toEqual([{ type: 'text', text: 'You said: hello' }])
    expect(first.structuredContent).toMatchObject({ status: 'success', response: 'You said: hello' })
    expect(first.structuredContent).not.toHaveProperty('finishReason')
    const query = scene.book.add('Tell a tale', { text: 'Once', finishReason: 'length' })
    const cut = await client.callTool({ name: 'ask_assistant', arguments: { query } })
    expect(cut.structuredContent).toMatchObject({ response: 'Once', finishReason: 'length' })
    const { sessionId } = first.structuredContent as { sessionId: string }
    await client.callTool({ name: 'ask_assistant', arguments: { query: 'again', sessionId } })
    expect((await scene.api.state(sessionId)).body.message_count).toBe(2)
  })

  test('says that it failed, or waits, in words and as data', async () => {
    scene.book.add('broken', { error: { status: 400, body: 'secret' } })
    const failed = await client.callTool({ name: 'ask_assistant', arguments: { query: 'broken' } })
    expect(failed.structuredContent).toMatchObject({ status: 'error', code: 'model_error' })
    expect(JSON.stringify(failed)).not.toContain('secret')
    scene.book.add('dear', callTools(call('refund', { order: 1, amount: 500 })))
    const waiting = await client.callTool({ name: 'ask_assistant', arguments: { query: 'dear' } })
    expect(waiting.structuredContent).toMatchObject({ status: 'waiting' })
    const blank = await client.callTool({ name: 'ask_assistant', arguments: { query: ' ' } })
    expect(blank.structuredContent).toMatchObject({ status: 'error', code: 'invalid_request' })
  })

  test('has no routes and is not listed if it is to have none, and health says so', async () => {
    expect((await scene.agent('Hidden').run('x')).status).toBe(404)
    const { body } = await scene.api.call<{ agents: readonly unknown[] }>('/health')
    expect(body.agents).toMatchObject([
      { name: 'Assistant', http_endpoint_enabled: true, mcp_tool_enabled: true },
      { name: 'Hidden', http_endpoint_enabled: false, mcp_tool_enabled: true },
      { name: 'Plain', http_endpoint_enabled: true, mcp_tool_enabled: false },
    ])
    const { body: list } = await scene.api.call<{ agents: readonly unknown[] }>('/agents')
    expect(list).toMatchObject({ agents: [{ name: 'Assistant' }, { name: 'Plain' }], agent_count: 2 })
    const { body: openApi } = await scene.api.call<{ paths: object }>('/openapi.json')
    expect(Object.keys(openApi.paths).join()).not.toContain('Hidden')
  })
})
