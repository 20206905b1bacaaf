import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFlowClient, type FlowClient } from '../host/durable/flow-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
let scene: RunScene
let flows: FlowClient

beforeAll(async () => {
  scene = await RunScene.set(bed, { entry: 'test/fixtures/apps/e2e-orchestrations/app.js' })
  flows = createFlowClient(scene.host)
})
afterAll(() => bed.end())

async function start(name: string, input: unknown): Promise<string> {
  const body = JSON.stringify(input)
  const response = await fetch(`${flows.api}/orchestrators/${name}`, { method: 'POST', body })
  return ((await response.json()) as { id: string }).id
}

async function run(name: string, input: unknown = null): Promise<unknown> {
  const { runtimeStatus, output } = await flows.end(await start(name, input))
  expect([runtimeStatus, output]).toEqual(['Completed', output])
  return output
}

function countCalls(message: string): number {
  return scene.model.stats().byKey[message] ?? 0
}

/** The tool call that a run began with: its key is the id of the tool's orchestration. */
async function readToolStart(session: string, run: string): Promise<{ readonly idempotencyKey: string }> {
  const reader = await scene.api.events(session, run)
  return (await reader.waitForType('tool.started')).data as { idempotencyKey: string }
}

/** The orchestration of a tool begins a moment after its call. */
async function tellPublisher(id: string, decision: object): Promise<void> {
  await waitFor(async () => ((await flows.raise(id, 'decision', decision)) === 202 ? true : undefined))
}

test('runs of one session are a conversation, others are not', async () => {
  const { texts, sessions } = (await run('chain')) as { texts: string[]; sessions: string[] }
  expect(texts).toEqual(['You said: one', 'You said: two', 'You said: three'])
  expect(sessions[0]).toBe(sessions[1])
  expect(sessions[2]).not.toBe(sessions[0])
  const { body } = await scene.api.state(sessions[0] ?? '')
  expect(body.conversation_history.map(({ content }) => content)).toEqual([
    'one',
    'You said: one',
    'two',
    'You said: two',
  ])
})

test('many runs at once give their results in order', async () => {
  const messages = Array.from({ length: 20 }, (_, index) => `fan ${index}`)
  expect(await run('fanOut', messages)).toMatchObject(
    messages.map((message) => ({ text: `You said: ${message}` })),
  )
  expect(messages.map(countCalls)).toEqual(messages.map(() => 1))
})

test('many runs at once in one conversation are answered one after the other', async () => {
  const messages = ['first', 'second', 'third']
  const { texts, session } = (await run('crowd', messages)) as { texts: string[]; session: string }
  expect(texts).toEqual(messages.map((message) => `You said: ${message}`))
  const { body } = await scene.api.state(session)
  expect(body.conversation_history.map(({ role }) => role).join()).toBe(
    'user,assistant,user,assistant,user,assistant',
  )
})

test('a structured answer has the values of its schema', async () => {
  scene.book.add('judge', { text: '{"good":true,"score":21}' })
  expect(await run('judge')).toMatchObject({ twice: 42, good: true })
})

test.each(['yield*', 'yield', 'all'])('a failed run is caught from %s with its code', async (caught) => {
  const message = scene.book.add(`fails ${caught}`, { error: { status: 400, body: 'secret' } })
  const failure = await run('run', { message, caught })
  expect(failure).toMatchObject({ code: 'model_error' })
  expect(JSON.stringify(failure)).not.toContain('secret')
})

test('a failed run that nobody catches fails its orchestration, with a text that says why', async () => {
  const message = scene.book.add('fails alone', { error: { status: 400, body: 'secret' } })
  const ended = await flows.end(await start('fanOut', [message]))
  expect(ended.runtimeStatus).toBe('Failed')
  expect(ended.output).toMatch(/\[agent error: model_error\]/)
})

test('an agent that is not registered is a failure at once', async () => {
  expect(await run('run', { agent: 'Nobody', message: 'x' })).toMatchObject({ code: 'not_found' })
})

test('a run that waits for a human holds neither its orchestration nor its entity', async () => {
  const message = scene.book.add('refund', callTools(call('refund', { order: 1, amount: 500 })), {
    text: 'Refunded.',
  })
  const id = await start('run', { message, session: 'human' })
  const approval = await waitFor(async () => (await scene.api.state('human')).body.approvals?.[0])
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
  expect((await scene.api.decide('human', approval.approvalId, { decision: 'approve' })).status).toBe(202)
  expect((await flows.end(id)).output).toBe('Refunded.')
})

test('a run behind one that waits is told of when its turn has come', async () => {
  const first = scene.book.add('refund too', callTools(call('refund', { order: 2, amount: 500 })))
  await start('run', { message: first, session: 'queue' })
  const approval = await waitFor(async () => (await scene.api.state('queue')).body.approvals?.[0])
  const id = await start('run', { message: 'behind', session: 'queue' })
  await waitFor(async () => {
    const { body } = await scene.api.state('queue')
    return body.conversation_history.some(({ content }) => content === 'behind') || undefined
  })
  await scene.api.decide('queue', approval.approvalId, { decision: 'reject' })
  expect((await flows.end(id)).output).toBe('You said: behind')
})

test('a run that is cancelled, or whose session is deleted, fails with run_cancelled', async () => {
  const message = scene.book.add('refund never', callTools(call('refund', { order: 3, amount: 500 })))
  const [cancelled, deleted] = await Promise.all(
    ['cancelled', 'deleted'].map((session) => start('run', { message, session })),
  )
  for (const session of ['cancelled', 'deleted']) {
    await waitFor(async () => (await scene.api.state(session)).body.approvals?.[0])
  }
  const { body } = await scene.api.state('cancelled')
  await scene.api.cancel('cancelled', body.run?.correlationId ?? '')
  expect((await scene.api.remove('deleted')).status).toBe(204)
  expect((await flows.end(cancelled ?? '')).output).toMatchObject({ code: 'run_cancelled' })
  expect((await flows.end(deleted ?? '')).output).toMatchObject({ code: 'run_cancelled' })
})

test('a run can lose a race against a timer', async () => {
  const message = scene.book.add('slow', { text: 'at last', delayMs: 1_500 })
  const input = { message, session: 'race' }
  expect(await run('race', input)).toBe('too late')
})

test('a signalled run is not waited for', async () => {
  const message = scene.book.add('signalled', { text: 'done', delayMs: 300 })
  const { sessionId, correlationId } = (await run('signal', { message, session: 'signalled' })) as {
    sessionId: string
    correlationId: string
  }
  expect((await scene.api.waitForOutcome(sessionId, correlationId)).response).toBe('done')
})

test('an orchestrator of a peer calls the entity and gets an answer', async () => {
  const request = { message: 'hello', correlationId: 'peer-1', role: 'user', enable_tool_calls: false }
  const reply = await run('peer', request)
  expect(reply).toMatchObject({
    status: 'completed',
    correlationId: 'peer-1',
    messages: [{ role: 'assistant', contents: [{ $type: 'text', text: 'You said: hello' }] }],
    usage: { totalTokenCount: expect.any(Number) },
  })
  expect(await run('peer', { message: 'x', correlationId: 'peer-2', role: 'system' })).toMatchObject({
    status: 'failed',
    error: { code: 'invalid_request' },
  })
})

test('a tool has an orchestration do its work, which outlives the host', async () => {
  const message = scene.book.add('publish it', callTools(call('publish', { text: 'news' })))
  const posted = await scene.api.run({
    message,
    sessionId: 'tool',
    waitForResponse: false,
    correlationId: 'p',
  })
  expect(posted.status).toBe(202)
  const reader = await scene.api.events('tool', 'p')
  expect((await reader.waitForType('run.parked')).data).toEqual({ reason: 'tool' })
  expect((await scene.api.outcome('tool', 'p')).body.status).toBe('running')
  await scene.restart()
  const started = await readToolStart('tool', 'p')
  await tellPublisher(started.idempotencyKey, { agreed: true })
  const { response } = await scene.api.waitForOutcome('tool', 'p')
  expect(response).toContain('"published":"news"')
  expect(countCalls(message)).toBe(2)
})

test('an orchestration of a tool that fails is an error that the model is told', async () => {
  const message = scene.book.add('publish that', callTools(call('publish', { text: 'rumour' })))
  const answer = scene.api.run({ message, sessionId: 'tool-fails', correlationId: 'q' })
  await waitFor(async () => ((await scene.api.outcome('tool-fails', 'q')).status === 202 ? true : undefined))
  const started = await readToolStart('tool-fails', 'q')
  await tellPublisher(started.idempotencyKey, { agreed: false })
  expect((await answer).body.response).toContain('The editors did not agree.')
})
