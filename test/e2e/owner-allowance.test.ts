import OpenAI from 'openai'
import { afterAll, expect, test } from 'vitest'
import { AgentsClient } from '../../src/client/index.js'
import { RunScene } from '../support/run-scene.js'
import { TestBed } from '../support/start-app.js'
import { WorkflowApi } from '../support/workflow-api.js'

const bed = new TestBed()
afterAll(() => bed.end())

const options = { entry: 'test/fixtures/apps/e2e-allowance/app.js', hosts: 2 }

/** Sends messages in sessions of their own until one is refused; how many were answered, and the refusal. */
async function spend(scene: RunScene, owner: string) {
  for (let answered = 0; ; answered++) {
    const reply = await scene.api.as(owner).run({ message: 'Hi', sessionId: `${owner}-${answered}` })
    if (reply.status !== 200 || answered > 20) return { answered, reply }
  }
}

test('what an owner has spent counts on all hosts, in all dialects, and after a crash', async () => {
  const scene = await RunScene.set(bed, options)
  const first = { message: 'Hi', sessionId: 'first', correlationId: 'r' }
  const ann = scene.api.as('ann')
  expect((await ann.run(first)).status).toBe(200)
  // 15 of 20. The account hears of a run a moment after its caller, so that one message more may pass.
  const { answered, reply } = await spend(scene, 'ann')
  expect(answered).toBeGreaterThanOrEqual(1)
  expect(answered).toBeLessThanOrEqual(3)
  expect(reply).toMatchObject({
    status: 429,
    body: { code: 'budget_exhausted', detail: expect.stringContaining('of 20 tokens') },
  })
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(3600)
  expect((await ann.state(`ann-${answered}`)).status, 'nothing is begun').toBe(404)

  expect((await ann.call('/agents')).body, 'what else there is').toMatchObject({
    workflows: ['Steps'],
    allowance: true,
  })
  const balance = { tokens: 20, until: expect.stringMatching(/^20\d\d-/) }
  expect((await ann.call('/allowance')).body).toEqual({ ...balance, spent: expect.any(Number) })
  expect((await scene.api.as('bob').call('/allowance')).body).toEqual({})
  expect((await scene.api.call('/allowance')).body).toEqual({})
  const { host } = scene
  const client = new AgentsClient({ url: `${host.url}/api`, headers: { 'x-user': 'ann' } })
  await expect.poll(async () => (await client.readBalance()).spent).toBe(15 * (answered + 1))
  await scene.restart()
  expect((await scene.api.as('ann').run(first)).body.response, 'sent again').toBe('Yes.')
  expect((await scene.api.as('ann').run({ message: 'Hi', sessionId: 'first' })).status).toBe(429)
  expect((await scene.api.as('bob').run({ message: 'Hi', sessionId: 'bobs' })).status).toBe(200)
  expect((await scene.api.run({ message: 'Hi', sessionId: 'nobodys' })).status).toBe(200)

  const openai = new OpenAI({
    baseURL: `${host.url}/api/compatible-mode/v1`,
    apiKey: 'none',
    maxRetries: 0,
    defaultHeaders: { 'x-user': 'ann' },
  })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const asked = openai.chat.completions.create({ model: 'Assistant', messages })
  await expect(asked).rejects.toMatchObject({ status: 429 })
  const created = openai.responses.create({ model: 'Assistant', input: 'Hi' })
  await expect(created).rejects.toMatchObject({ status: 429 })
})

test('agents of a workflow spend what its owner may, who then starts no other one', async () => {
  const scene = await RunScene.set(bed, options)
  const steps = new WorkflowApi(scene.host.url, 'Steps').as('wes')
  expect((await steps.runToEnd('go')).body).toMatchObject({ runtimeStatus: 'Completed' })
  await expect.poll(async () => (await steps.run('go')).status).toBe(429)
  expect((await spend(scene, 'wes')).reply.status).toBe(429)
})
