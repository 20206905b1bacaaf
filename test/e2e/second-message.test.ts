import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OnBusy } from '../../src/run/events.js'
import type { RunReply } from '../support/api.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed, { hosts: 2 })
})

/** A run that works at a gate, on whichever host, and what it answers. */
async function startWork(session: string) {
  const id = `${session}-work`
  const message = scene.book.add(`Work in ${session}`, callTools(call('work', { id, gate: id })))
  const answer = scene.api.run({ message, sessionId: session, correlationId: 'first' })
  const { pid } = await scene.waitForWork(id)
  const runner = scene.hosts.find((host) => host.pid === pid) ?? scene.host
  const other = scene.hosts.find((host) => host.pid !== pid) ?? scene.host
  const open = () => scene.openGate(id)
  return { message, id, answer, open, runner, other, hosts: { runner, other } }
}

function send(
  host: { readonly api: RunScene['api'] },
  session: string,
  onBusy: OnBusy,
  fields: object = {},
): Promise<RunReply> {
  return host.api.run({
    message: `${onBusy}!`,
    sessionId: session,
    correlationId: onBusy,
    onBusy,
    ...fields,
  })
}

async function readTypes(session: string, run: string): Promise<readonly string[]> {
  const events = await (await scene.api.events(session, run)).end()
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  return events.map(({ type }) => type).filter((type) => !type.endsWith('.delta'))
}

async function readHistory(session: string): Promise<readonly (readonly string[])[]> {
  const { body } = await scene.api.state(session)
  return body.conversation_history.map(({ role, content }) => [role, content])
}

/** The session takes one more message, and the model server finds no tool call without its result in the history. */
async function expectNextAnswered(session: string, messageCount: number): Promise<void> {
  const { status, body } = await scene.api.run({ message: `next in ${session}`, sessionId: session })
  expect([status, body.response, body.message_count]).toEqual([
    200,
    `You said: next in ${session}`,
    messageCount,
  ])
}

describe.each(['runner', 'other'] as const)('a second message through the %s host', (which) => {
  test('queue: waits its turn', async () => {
    const session = `queue-${which}`
    const first = await startWork(session)
    const second = send(first.hosts[which], session, 'queue')
    await expect.poll(async () => (await scene.api.state(session)).body.message_count).toBe(2)
    await first.open()
    expect((await first.answer).body).toMatchObject({
      response: `Tools: ${first.id} by work`,
      message_count: 1,
    })
    expect((await second).body).toMatchObject({ response: 'You said: queue!', message_count: 2 })
    await expectNextAnswered(session, 3)
  })

  test('reject: is refused while the first is answered, leaves no trace, and is taken after it', async () => {
    const session = `reject-${which}`
    const first = await startWork(session)
    const refused = await send(first.hosts[which], session, 'reject')
    expect([refused.status, refused.body.code]).toEqual([409, 'session_busy'])
    expect(refused.headers.get('retry-after')).toBe('1')
    expect((await scene.api.outcome(session, 'reject')).status).toBe(404)
    await first.open()
    expect((await first.answer).body.message_count).toBe(1)
    const taken = await send(first.hosts[which], session, 'reject')
    expect([taken.status, taken.body.message_count]).toEqual([200, 2])
    await expectNextAnswered(session, 3)
  })

  test('reject: a repeated request is no second message', async () => {
    const session = `repeat-${which}`
    const first = await startWork(session)
    const fields = { message: first.message, correlationId: 'again', onBusy: 'reject' }
    expect((await first.hosts[which].api.run({ ...fields, sessionId: session })).status).toBe(409)
    const same = { message: first.message, sessionId: session, correlationId: 'first' }
    const repeated = first.hosts[which].api.run(same)
    await first.open()
    expect((await repeated).body).toEqual((await first.answer).body)
  })

  test('interrupt: stops the first, keeps what it did, and is answered in its place', async () => {
    const session = `interrupt-${which}`
    const first = await startWork(session)
    const second = await send(first.hosts[which], session, 'interrupt')
    expect(second.body).toMatchObject({ response: 'You said: interrupt!', message_count: 2 })
    expect(await first.answer).toMatchObject({ status: 409, body: { code: 'run_cancelled' } })
    expect((await scene.api.outcome(session, 'first')).body).toMatchObject({
      status: 'cancelled',
      reason: expect.stringContaining('newer message'),
    })
    expect((await readHistory(session)).map(([role]) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ])
    await expectNextAnswered(session, 3)
  })

  test('steer: joins the first before its next model call; both callers get the one answer', async () => {
    const session = `steer-${which}`
    const first = await startWork(session)
    const second = send(first.hosts[which], session, 'steer')
    await expect.poll(() => scene.countControls('steer', session)).toBe(1)
    await first.open()
    const [one, two] = [await first.answer, await second]
    expect([one.status, two.status]).toEqual([200, 200])
    expect(one.body).toMatchObject({ response: 'You said: steer!', message_count: 2, correlationId: 'first' })
    expect(two.body).toEqual({ ...one.body, correlationId: 'steer', message: 'steer!' })
    expect(await readTypes(session, 'steer')).toEqual(['run.accepted', 'run.joined', 'run.completed'])
    expect((await readTypes(session, 'first')).filter((type) => type === 'run.steered')).toHaveLength(1)
    expect(await readHistory(session)).toEqual([
      ['user', first.message],
      ['user', 'steer!'],
      ['assistant', 'You said: steer!'],
    ])
    const { messages } = scene.model.requests.at(-1)?.body ?? { messages: [] }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
    await expectNextAnswered(session, 3)
  })
})

test('reject: of ten at once through two hosts one is answered', async () => {
  const session = 'reject-ten'
  const sent = Array.from({ length: 10 }, (_, index) => {
    const id = `ten-${index}`
    const message = scene.book.add(`Work ${id}`, callTools(call('work', { id, gate: 'ten' })))
    const host = scene.hosts[index % 2] ?? scene.host
    return send(host, session, 'reject', { message, correlationId: id })
  })
  const refused: RunReply[] = []
  for (const one of sent) one.then((reply) => reply.status === 409 && refused.push(reply))
  await expect.poll(() => refused.length).toBe(9)
  await scene.openGate('ten')
  const statuses = (await Promise.all(sent)).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
  await expectNextAnswered(session, 2)
})

test.each(['queue', 'reject', 'interrupt', 'steer'] as const)(
  '%s on a session that is idle is an ordinary message',
  async (onBusy) => {
    const { status, body } = await send(scene.host, `idle-${onBusy}`, onBusy)
    expect([status, body.response, body.message_count]).toEqual([200, `You said: ${onBusy}!`, 1])
  },
)

test('an interrupt takes the place of all that waits, not only of what runs', async () => {
  const first = await startWork('all')
  for (const message of ['second', 'third']) {
    const fields = { message, sessionId: 'all', correlationId: message, waitForResponse: false }
    expect((await scene.api.run(fields)).status).toBe(202)
  }
  const { body } = await send(first.other, 'all', 'interrupt')
  expect(body).toMatchObject({ response: 'You said: interrupt!', message_count: 4 })
  for (const run of ['first', 'second', 'third']) {
    expect((await scene.api.outcome('all', run)).body.status).toBe('cancelled')
  }
  expect(scene.model.stats().byKey).not.toHaveProperty('second')
  await first.answer
  await expectNextAnswered('all', 5)
})

test('an interrupt reaches a run that waits for a human', async () => {
  scene.book.add('Refund', callTools(call('refund', { order: 5, amount: 500 })))
  const { status } = await scene.api.run({ message: 'Refund', sessionId: 'parked', correlationId: 'first' })
  expect(status).toBe(202)
  const { body } = await send(scene.host, 'parked', 'interrupt')
  expect(body).toMatchObject({ response: 'You said: interrupt!', message_count: 2 })
  expect((await scene.api.state('parked')).body.approvals).toBeUndefined()
  await expectNextAnswered('parked', 3)
})

test('a steered run that is cancelled is cancelled for both callers', async () => {
  const first = await startWork('both-end')
  const message = scene.book.add('Work on', callTools(call('work', { id: 'joined', gate: 'joined' })))
  const second = send(first.other, 'both-end', 'steer', { message })
  await expect.poll(() => scene.countControls('steer', 'both-end')).toBe(1)
  await first.open()
  await scene.waitForWork('joined')
  expect(await scene.api.cancel('both-end', 'steer')).toMatchObject({
    status: 409,
    body: { code: 'run_joined', detail: expect.stringContaining('cancel "first" instead') },
  })
  await scene.api.cancel('both-end', 'first')
  expect((await first.answer).status).toBe(409)
  expect((await second).status).toBe(409)
  expect((await scene.api.state('both-end')).body).toMatchObject({ message_count: 2, status: 'idle' })
  await expectNextAnswered('both-end', 3)
})

test('a message that was to join a run that is cancelled before that is answered by itself', async () => {
  const first = await startWork('one-ends')
  const second = send(first.other, 'one-ends', 'steer')
  await expect.poll(() => scene.countControls('steer', 'one-ends')).toBe(1)
  await scene.api.cancel('one-ends', 'first')
  expect((await first.answer).status).toBe(409)
  expect((await second).body).toMatchObject({ response: 'You said: steer!', message_count: 2 })
  await expectNextAnswered('one-ends', 3)
})

test('a message that joined a run is not lost when the host dies before the next model call', async () => {
  scene.book.add('Work twice', callTools(call('work', { id: 'one', gate: 'one' })))
  const first = scene.api.run({ message: 'Work twice', sessionId: 'dies', correlationId: 'first' })
  const lost = first.catch(() => undefined)
  await scene.waitForWork('one')
  await send(scene.host, 'dies', 'steer', { waitForResponse: false })
  await scene.restart()
  await lost
  expect(await scene.api.waitForOutcome('dies', 'steer')).toMatchObject({
    response: 'You said: steer!',
    message_count: 2,
  })
  expect(await scene.api.waitForOutcome('dies', 'first')).toMatchObject({ response: 'You said: steer!' })
  expect(await readTypes('dies', 'steer')).toEqual(['run.accepted', 'run.joined', 'run.completed'])
  await expectNextAnswered('dies', 3)
})
