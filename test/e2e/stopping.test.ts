import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunReply } from '../support/api.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const started = 'A story about a fox that'
// Of ten chunks of four characters each, the first of which has only the role, three come.
const hanging = { text: `${started} never ends.`, holdAfterChunks: 4 }
const keptText = started.slice(0, 12)

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed, { hosts: 2 })
  scene.book.add('Tell a story', hanging)
})

function post(session: string, message: string, run: string): Promise<RunReply> {
  return scene.api.run({ message, sessionId: session, correlationId: run })
}

async function accept(session: string, message: string, run: string): Promise<void> {
  await scene.api.run({ message, sessionId: session, correlationId: run, waitForResponse: false })
}

/** Starts a run that works at a gate of its own name; gives the host that works on it and the other. */
async function startWork(session: string, { alsoIn = '' } = {}) {
  const id = `${session}-work`
  const calls = [call('work', { id, gate: id }), ...(alsoIn === '' ? [] : [call('work', { id: alsoIn })])]
  const message = scene.book.add(`Work in ${session}`, callTools(...calls))
  const answer = post(session, message, 'r')
  const { pid } = await scene.waitForWork(id)
  const [runner, other] = [...scene.hosts].sort((host) => (host.pid === pid ? -1 : 1))
  if (runner === undefined || other === undefined) throw new Error('There are two hosts.')
  return { answer, id, runner, other }
}

/** The session takes the next message, and its history is one that a model accepts. */
async function expectNextAnswered(session: string, messageCount: number): Promise<void> {
  const { status, body } = await post(session, `next in ${session}`, 'next')
  expect([status, body.response]).toEqual([200, `You said: next in ${session}`])
  expect(body.message_count).toBe(messageCount)
}

async function readEnd(session: string, run = 'r') {
  const events = await (await scene.api.events(session, run)).end()
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  return events.at(-1)
}

describe('cancel while the model speaks', () => {
  const session = 'in-flight'
  let answer: Promise<RunReply>

  test('ends the model call, and answers 202 at once', async () => {
    answer = post(session, 'Tell a story', 'r')
    const follower = await follow(session)
    await follower.waitForType('message.delta')
    const { status, body } = await scene.api.cancel(session, 'r')
    expect([status, body.correlationId]).toEqual([202, 'r'])
    expect(await scene.model.requests.at(-1)?.finished).toBe(false)
    expect((await follower.end()).at(-1)?.type).toBe('run.cancelled')
  })

  test('tells the caller who waits that it was cancelled', async () => {
    const { status, body, headers } = await answer
    expect([status, body.code]).toEqual([409, 'run_cancelled'])
    expect(headers.get('x-ms-correlation-id')).toBe('r')
    expect(body).toMatchObject({ sessionId: session, correlationId: 'r' })
  })

  test('keeps what was said in the outcome and in the history', async () => {
    const { body } = await scene.api.outcome(session, 'r')
    expect(body).toMatchObject({ status: 'cancelled', text: keptText })
    const { body: state } = await scene.api.state(session)
    expect(state).toMatchObject({ message_count: 1, status: 'idle' })
    expect(state.conversation_history.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'Tell a story'],
      ['assistant', keptText],
    ])
  })

  test('may be repeated: 200 with the outcome', async () => {
    for (const host of scene.hosts) {
      const { status, body } = await host.api.cancel(session, 'r')
      expect([status, body.status, body.text]).toEqual([200, 'cancelled', keptText])
    }
  })

  test('lets the conversation go on, the model being shown what it had said', async () => {
    await expectNextAnswered(session, 2)
    const { messages } = scene.model.requests.at(-1)?.body ?? { messages: [] }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(messages[1]?.content).toEqual(keptText)
  })
})

test('cancel of a run that has ended answers 200 with its outcome, and changes nothing', async () => {
  await post('ended', 'Hello', 'r')
  const { status, body } = await scene.api.cancel('ended', 'r')
  expect([status, body.status, body.response]).toEqual([200, 'success', 'You said: Hello'])
  await expectNextAnswered('ended', 2)
})

test('cancel of an unknown run, or of one of somebody else, is 404', async () => {
  await scene.api.as('ann').run({ message: 'Hello', sessionId: 'anns', correlationId: 'r' })
  expect((await scene.api.cancel('anns', 'r')).status).toBe(404)
  expect((await scene.api.as('ann').cancel('anns', 'other')).status).toBe(404)
  expect((await scene.api.cancel('nowhere', 'r')).status).toBe(404)
})

test('whoever cancels may say why, and all who ask are told that', async () => {
  const { answer, id } = await startWork('reasoned')
  await accept('reasoned', 'never said', 'behind')
  await scene.api.cancel('reasoned', 'behind', ' \n')
  expect((await scene.api.cancel('reasoned', 'r', ' The prices have changed. ')).status).toBe(202)
  await scene.api.cancel('reasoned', 'r', 'Whoever comes later is not heard.')
  expect((await answer).body.detail).toContain('The prices have changed.')
  await scene.openGate(id)
  const reason = 'The prices have changed.'
  expect(await readEnd('reasoned')).toMatchObject({ type: 'run.cancelled', data: { reason } })
  expect(await scene.api.waitForOutcome('reasoned', 'r')).toMatchObject({ status: 'cancelled', reason })
  const unsaid = { status: 'cancelled', reason: 'The caller asked for it.' }
  expect(await scene.api.waitForOutcome('reasoned', 'behind')).toMatchObject(unsaid)
  const { body } = await scene.api.state('reasoned')
  const errors = body.conversation_history.flatMap(({ agent_response }) => agent_response?.error ?? [])
  expect(errors.map(({ message }) => message)).toEqual([reason, unsaid.reason])
  await expectNextAnswered('reasoned', 3)
})

test('cancel while tools run: what has finished is kept, what has not is closed', async () => {
  const { answer } = await startWork('in-tool', { alsoIn: 'quick' })
  const follower = await follow('in-tool')
  await follower.waitForType('tool.completed')
  expect((await scene.api.cancel('in-tool', 'r')).status).toBe(202)
  expect((await answer).status).toBe(409)
  const { body } = await scene.api.state('in-tool')
  expect(body.conversation_history.at(-1)?.agent_response?.tool_calls).toMatchObject([
    { name: 'work', error: expect.stringContaining('cancelled') },
    { name: 'work', result: 'quick by work' },
  ])
  await expectNextAnswered('in-tool', 2)
  expect(await scene.effectsOf('quick')).toEqual(['start work 1', 'end work 1'])
})

test('cancel while a human is waited for ends the run, and takes its approvals with it', async () => {
  scene.book.add('Refund', callTools(call('refund', { order: 1, amount: 999 })))
  const { status, body } = await post('parked', 'Refund', 'r')
  expect(status).toBe(202)
  expect((await scene.api.cancel('parked', 'r')).status).toBe(202)
  expect((await readEnd('parked'))?.type).toBe('run.cancelled')
  const { body: state } = await scene.api.state('parked')
  expect([state.status, state.approvals]).toEqual(['idle', undefined])
  const late = await scene.api.decide('parked', body.approvals?.[0]?.approvalId ?? '', {
    decision: 'approve',
  })
  expect(late.status).toBe(409)
  await expectNextAnswered('parked', 2)
  expect(await scene.effectsOf('1:999')).toEqual([])
})

test('cancel of a message that waits behind another leaves that one alone', async () => {
  const { answer, id } = await startWork('queued')
  await accept('queued', 'never said', 'behind')
  const { status, body } = await scene.api.cancel('queued', 'behind')
  expect([status, body.status]).toEqual([202, 'accepted'])
  await scene.openGate(id)
  expect(await answer).toMatchObject({ status: 200, body: { response: `Tools: ${id} by work` } })
  expect((await readEnd('queued', 'behind'))?.type).toBe('run.cancelled')
  expect(scene.model.stats().byKey['never said']).toBeUndefined()
  await expectNextAnswered('queued', 3)
})

test.each(['runner', 'other'] as const)(
  'cancel through the %s host stops a run whose tool is at work',
  async (which) => {
    const session = `through-${which}`
    const hosts = await startWork(session)
    const host: RunningApp = hosts[which]
    expect((await host.api.cancel(session, 'r')).status).toBe(202)
    expect((await hosts.answer).status).toBe(409)
    await expectNextAnswered(session, 2)
  },
)

test('two who cancel at the same time through two hosts both learn that it is cancelled', async () => {
  const { answer } = await startWork('both')
  const replies = await Promise.all(
    [...scene.hosts, ...scene.hosts].map(({ api }) => api.cancel('both', 'r')),
  )
  for (const { status } of replies) expect([200, 202]).toContain(status)
  expect((await answer).status).toBe(409)
  expect(await readEnd('both')).toMatchObject({ type: 'run.cancelled' })
})

test('a cancelled run whose host dies at that moment stays cancelled', async () => {
  const { answer, runner } = await startWork('dying')
  const lost = answer.catch(() => undefined)
  const stop = runner.stop('SIGKILL')
  const survivor = scene.hosts.find((host) => host !== runner)
  await survivor?.api.cancel('dying', 'r')
  await stop
  await lost
  expect(await survivor?.api.waitForOutcome('dying', 'r')).toMatchObject({ status: 'cancelled' })
  await scene.restart()
  await expectNextAnswered('dying', 2)
})

function follow(session: string) {
  return expect
    .poll(async () => (await scene.api.outcome(session, 'r')).status, { timeout: 5000 })
    .toBe(202)
    .then(() => scene.api.events(session, 'r'))
}
