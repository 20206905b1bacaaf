import { afterAll, expect, test } from 'vitest'
import { waitFor } from '../support/run-scene.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const entry = 'test/fixtures/apps/e2e-foreign/app.js'

test('an agent of @openai/agents is served with its conversation', async () => {
  const { api } = await bed.startApp({ entry, agent: 'Counter' })
  const ask = async (message: string) => (await api.run({ message, sessionId: 's' })).body
  expect(await ask('One')).toMatchObject({
    status: 'success',
    response: 'I was shown 1 items.',
    message_count: 1,
  })
  expect(await ask('Two')).toMatchObject({
    status: 'success',
    response: 'I was shown 3 items.',
    message_count: 2,
  })
})

test('a foreign agent whose host is killed is run again from its message, if it says so', async () => {
  const dataDir = await bed.createFolder()
  const start = () => bed.startApp({ entry, agent: 'Fragile', dataDir })
  const first = await start()
  const cutOff = expect(
    first.api.run({ message: 'Go', sessionId: 's' }, { 'Idempotency-Key': 'r' }),
  ).rejects.toThrow()
  await waitFor(async () => ((await first.api.outcome('s', 'r')).status === 202 ? true : undefined))
  await (await first.api.events('s', 'r')).waitForType('message.delta')
  await first.stop('SIGKILL')
  await cutOff

  const second = await start()
  const outcome = await waitFor(async () => {
    const { status, body } = await second.api.outcome('s', 'r')
    return status === 200 ? body : undefined
  }, 20_000)
  expect(outcome).toMatchObject({ status: 'success', response: 'Attempt 2, 1 messages.' })
  const { body } = await second.api.call('/health')
  expect(body).toMatchObject({ agents: [{ name: 'Fragile', type: 'Fragile' }, { name: 'Counter' }] })
})
