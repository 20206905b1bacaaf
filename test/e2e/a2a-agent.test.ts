import { afterAll, beforeAll, expect, test } from 'vitest'
import { toAgentUrl } from '../support/a2a-client.js'
import type { AgentApi, SessionList } from '../support/api.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { toStreamedText } from '../support/sse.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

/** The app whose agent does the work, and the one whose agents have it done. */
let remote: RunScene
let local: RunScene
let api: AgentApi

beforeAll(async () => {
  remote = await RunScene.set(bed, { entry: 'test/fixtures/apps/e2e-a2a/app.js' })
  local = await RunScene.set(bed, {
    entry: 'test/fixtures/apps/e2e-a2a-remote/app.js',
    env: { E2E_REMOTE: toAgentUrl(remote.host) },
  })
  api = local.agent('Remote')
  remote.book.add('Do a', { text: 'One moment', toolCalls: [call('work', { id: 'a' })] })
  remote.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
  local.book.add('Have a done', callTools(call('Remote', { query: 'Do a' })))
})

/** The runs that there are at the remote agent, by their messages. */
async function countRemoteRuns(): Promise<number> {
  return remote.model.requests.filter(({ body }) => body.messages.at(-1)?.role === 'user').length
}

/** Asks for a refund, which takes a human; gives the approval. */
async function askForRefund(by: AgentApi, message: string, sessionId: string) {
  const { status, body } = await by.run({ message, sessionId })
  const [approval] = body.approvals ?? []
  expect([status, approval?.name]).toEqual([202, 'confirm_remote_call'])
  expect(approval?.arguments).toMatchObject({
    agent: 'Remote',
    tool: 'refund',
    arguments: { order: 7, amount: 250 },
  })
  return { run: body.correlationId, approvalId: approval?.approvalId ?? '' }
}

/** How the sessions of the agent there stand. */
async function readRemoteStates(): Promise<ReadonlySet<string>> {
  const { sessions } = (await remote.api.as('desk').call<SessionList>('/agents/Assistant')).body
  const states = await Promise.all(sessions.map(({ sessionId }) => remote.api.as('desk').state(sessionId)))
  return new Set(states.map(({ body }) => body.status))
}

async function refunds(): Promise<readonly string[]> {
  const effects = await remote.effects()
  return effects.filter(({ tool, what }) => tool === 'refund' && what === 'end').map(({ id }) => `${id}`)
}

test('answers, streams, and goes on with the conversation there', async () => {
  const reader = await api.stream({ message: 'Do a', sessionId: 's' })
  expect(toStreamedText(await reader.end())).toBe('Tools: a by work')
  const { body } = await api.run({ message: 'And now?', sessionId: 's' })
  expect(body).toMatchObject({ response: 'You said: And now?', status: 'success', message_count: 2 })
  expect(body.usage.total_tokens).toBeGreaterThan(0)
  const { sessions } = (await remote.api.as('desk').call<SessionList>('/agents/Assistant')).body
  expect(sessions).toHaveLength(1)
  const there = await remote.api.as('desk').state(sessions[0]?.sessionId ?? '')
  expect(there.body.message_count).toBe(2)
})

test('is a tool of another agent, with what it has cost', async () => {
  const { body } = await local.agent('Desk').run('Have a done')
  expect(body.response).toBe('Tools: Tools: a by work')
})

test('has a human of ours asked when the agent there asks one', async () => {
  const { run, approvalId } = await askForRefund(api, 'Refund order 7', 'refund')
  await api.decide('refund', approvalId, { decision: 'approve' })
  expect((await api.waitForOutcome('refund', run)).response).toBe('Tools: 250 for 7')
  expect(await refunds()).toEqual(['7:250'])
})

test('passes on a refusal, and what a human has changed, also when another agent asks', async () => {
  local.book.add('Have order 7 refunded', callTools(call('Remote', { query: 'Refund order 7' })))
  const desk = local.agent('Desk')
  const before = await refunds()
  const refused = await askForRefund(desk, 'Have order 7 refunded', 'refused')
  await desk.decide('refused', refused.approvalId, { decision: 'reject', reason: 'Not today' })
  expect((await desk.waitForOutcome('refused', refused.run)).response).toContain('Not today')
  expect(await refunds()).toEqual(before)
  const { run, approvalId } = await askForRefund(desk, 'Have order 7 refunded', 'changed')
  const { arguments: asked } = (await desk.outcome('changed', run)).body.approvals?.[0] ?? {}
  const changed = { ...(asked as object), arguments: { order: 7, amount: 20 } }
  await desk.decide('changed', approvalId, { decision: 'approve', arguments: changed })
  expect((await desk.waitForOutcome('changed', run)).response).toContain('20 for 7')
  expect(await refunds()).toEqual([...before, '7:20'])
})

test('stops the task there when its run is cancelled here', async () => {
  remote.book.add('Do endlessly', callTools(call('work', { id: 'endless', gate: 'never' })))
  const reader = await api.stream({ message: 'Do endlessly', sessionId: 'cancelled', correlationId: 'c' })
  await remote.waitForWork('endless')
  await api.cancel('cancelled', 'c')
  await reader.end()
  await waitFor(async () => [...(await readRemoteStates())].every((state) => state === 'idle') || undefined)
})

test('takes its question back there when its run is cancelled here, and hears what is said next', async () => {
  local.book.add('Have order 7 refunded', callTools(call('Remote', { query: 'Refund order 7' })))
  for (const [by, message] of [
    [api, 'Refund order 7'],
    [local.agent('Desk'), 'Have order 7 refunded'],
  ] as const) {
    const { run } = await askForRefund(by, message, 'taken-back')
    expect(await readRemoteStates()).toContain('waiting')
    await by.cancel('taken-back', run)
    await waitFor(async () => !(await readRemoteStates()).has('waiting') || undefined)
  }
  const { body } = await api.run({ message: 'Never mind', sessionId: 'taken-back' })
  expect(body.response).toBe('You said: Never mind')
})

test('says that a task has failed, but not what is to stay there', async () => {
  remote.book.add('Fail', { error: { status: 400, body: { error: { message: 'secret of the provider' } } } })
  const { status, body, text } = await api.run('Fail')
  expect([status, body.code]).toEqual([502, 'model_error'])
  expect(text).toContain('model_error')
  expect(text).not.toContain('secret')
})

test('comes back to the same task after kill -9 of its own host', async () => {
  remote.book.add('Do it', { text: 'One moment', toolCalls: [call('work', { id: 'it', gate: 'it' })] })
  const reader = await api.stream({ message: 'Do it', sessionId: 'own', correlationId: 'own-1' })
  await remote.waitForWork('it')
  const runs = await countRemoteRuns()
  await local.restart()
  await reader.end().catch(() => {})
  await remote.openGate('it')
  const { body } = await api.run({ message: 'Do it', sessionId: 'own', correlationId: 'own-1' })
  expect(body.response).toBe('Tools: it by work')
  expect(await remote.effectsOf('it')).toEqual(['start work 1', 'end work 1'])
  expect(await countRemoteRuns()).toBe(runs)
})

test('comes back to the same task after kill -9 of the host there', async () => {
  remote.book.add('Do that', { text: 'One moment', toolCalls: [call('work', { id: 'that', gate: 'that' })] })
  const asked = api.run({ message: 'Do that', sessionId: 'other' })
  await remote.waitForWork('that')
  const runs = await countRemoteRuns()
  await remote.restart(() => remote.openGate('that'))
  expect((await asked).body.response).toBe('Tools: that by work')
  expect(await remote.effectsOf('that')).toEqual(['start work 1', 'start work 2', 'end work 2'])
  expect(await countRemoteRuns()).toBe(runs)
})
