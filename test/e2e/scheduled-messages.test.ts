import { afterAll, expect, test } from 'vitest'
import { AgentsClient } from '../../src/client/index.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const entry = 'test/fixtures/apps/e2e-scheduled/app.js'
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)

test('a message that is to be sent later outlasts its host, is sent once, and can be repeated, read and taken back', async () => {
  const scene = await RunScene.set(bed, { entry })
  scene.book.add('Later', { text: 'Now it is later.' })
  const ann = scene.api.as('ann')
  const sendAt = inSeconds(7).toISOString()
  const later = { message: 'Later', sessionId: 's', correlationId: 'r', sendAt }
  const set = await ann.run(later)
  const ids = { sessionId: 's', correlationId: 'r' }
  expect(set).toMatchObject({ status: 202, body: { status: 'scheduled', ...ids, sendAt } })
  expect(Number(set.headers.get('retry-after'))).toBeGreaterThan(1)
  expect(set.headers.get('location')).toContain('/agents/Assistant/s/runs/r')
  const farOff = '2026-12-31T23:00:00+02:00'
  const never = { message: 'Never', sessionId: 's', correlationId: 'never', sendAt: inSeconds(86_400) }
  expect((await ann.run(never)).status).toBe(202)
  expect((await ann.run({ ...later, message: 'Other' })).body).toMatchObject({ code: 'idempotency_conflict' })
  expect((await scene.api.as('bob').run({ ...later, correlationId: 'b' })).status).toBe(404)
  expect((await scene.api.as('bob').outcome('s', 'r')).status).toBe(404)

  await scene.restart()
  const annAgain = scene.api.as('ann')
  expect(await annAgain.outcome('s', 'r')).toMatchObject({
    status: 202,
    body: { status: 'scheduled', sendAt },
  })
  expect((await annAgain.state('s', '?scheduled=true')).body).toMatchObject({
    message_count: 0,
    status: 'idle',
    scheduled: [{ correlationId: 'r', sendAt, message: 'Later' }, { correlationId: 'never' }],
  })
  expect((await annAgain.call('/agents/Assistant/s/runs/r/events')).body).toMatchObject({ status: 404 })
  const cancelled = { status: 200, body: { status: 'cancelled', correlationId: 'never', reason: 'Why?' } }
  expect(await annAgain.cancel('s', 'never', 'Why?')).toMatchObject(cancelled)
  expect(await annAgain.run(never)).toMatchObject({ ...cancelled, status: 200 })

  await expect.poll(async () => (await annAgain.outcome('s', 'r')).status, { timeout: 15_000 }).toBe(200)
  const answer = { response: 'Now it is later.', message: 'Later', message_count: 1, ...ids }
  expect((await annAgain.outcome('s', 'r')).body).toMatchObject(answer)
  expect(await annAgain.run(later)).toMatchObject({ status: 200, body: answer })
  expect((await annAgain.state('s', '?scheduled=true')).body).toMatchObject({
    message_count: 1,
    scheduled: [],
  })
  expect(scene.model.requests).toHaveLength(1)
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(sendAt))
  const { status } = await annAgain.run({
    message: 'Late',
    sessionId: 't',
    sendAt: farOff.replace('2026', '2020'),
  })
  expect(status, 'a time that has passed').toBe(200)
})

test.each([
  [{ sendAt: 'tomorrow' }, 'sendAt: must be an ISO 8601 time'],
  [{ sendAt: '2027-01-31T09:00:00' }, 'sendAt: must be an ISO 8601 time with its zone'],
  [{ sendAt: 5 }, 'sendAt: must be an ISO 8601 time'],
  [{ sendAt: '2999-01-01T00:00:00Z' }, 'sendAt: must be within a year'],
  [{ onBusy: 'steer' }, 'onBusy: must not be given together with sendAt'],
  [{ replaces: 'x' }, 'replaces: must not be given together with sendAt'],
  [{ continues: { sessionId: 'x' } }, 'continues: must not be given together with sendAt'],
])('%o is refused, and nothing is written', async (changes, detail) => {
  const scene = await shared()
  const body = { message: 'Later', sessionId: 'refused', sendAt: inSeconds(60), ...changes }
  expect((await scene.api.run(body)).body).toMatchObject({
    status: 400,
    detail: expect.stringContaining(detail),
  })
  expect((await scene.api.state('refused')).status).toBe(404)
})

let scene: Promise<RunScene> | undefined

function shared(): Promise<RunScene> {
  scene ??= RunScene.set(bed, { entry })
  return scene
}

test('our client schedules, lists, takes back, and tells of what was sent', async () => {
  const { host } = await shared()
  const session = new AgentsClient({ url: `${host.url}/api` }).session('Assistant', 'client')
  const soon = await session.schedule('Hello', inSeconds(1), { metadata: { from: 'test' } })
  const late = await session.schedule([{ type: 'text', text: 'Never' }], inSeconds(3600), {
    correlationId: 'late',
  })
  expect(late).toBe('late')
  expect(await session.listScheduled()).toMatchObject([{ correlationId: soon }, { correlationId: 'late' }])
  await session.cancel('late', 'No need.')
  await expect.poll(() => session.listScheduled(), { timeout: 15_000 }).toEqual([])
  expect((await session.resume(soon)).text).toContain('Hello')
  await expect(session.schedule('x', new Date('never'))).rejects.toThrow('sendAt of schedule must be a date')
  await expect(session.schedule('x', inSeconds(1), { onBusy: 'reject' } as never)).rejects.toThrow('onBusy')
})

test('an agent reminds itself, and does then what it is to do', async () => {
  const { api, book } = await shared()
  book.add('Remind me', callTools(call('set_reminder', { text: 'Water the flowers', inMinutes: 1 / 60 })))
  book.add('It is time: Water the flowers', { text: 'Flowers!' })
  expect((await api.run({ message: 'Remind me', sessionId: 'reminded' })).status).toBe(200)
  const last = async () => (await api.state('reminded')).body.last_response
  await expect.poll(last, { timeout: 15_000 }).toBe('Flowers!')
})

test('a deleted session is sent nothing more', async () => {
  const { api, model } = await shared()
  await api.run({ message: 'To nobody', sessionId: 'gone', correlationId: 'r', sendAt: inSeconds(3) })
  expect((await api.remove('gone')).status).toBe(204)
  await new Promise((resolve) => setTimeout(resolve, 4500))
  expect((await api.state('gone')).status).toBe(404)
  expect(JSON.stringify(model.requests)).not.toContain('To nobody')
})
