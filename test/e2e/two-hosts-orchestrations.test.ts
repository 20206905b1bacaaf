import { afterAll, expect, test } from 'vitest'
import { createFlowClient } from '../host/durable/flow-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

test('runs of an orchestration go on at the other host when one dies', async () => {
  const entry = 'test/fixtures/apps/e2e-orchestrations/app.js'
  const scene = await RunScene.set(bed, { entry, hosts: 2, model: { latencyMs: 50 } })
  const [first, second] = scene.hosts
  if (first === undefined || second === undefined) throw new Error('There are not two hosts.')
  const messages = Array.from({ length: 30 }, (_, index) => `shared ${index}`)
  for (const message of messages) scene.book.add(message, callTools(call('work', { id: message })))
  const body = JSON.stringify(messages)
  const { api } = createFlowClient(first)
  await fetch(`${api}/orchestrators/fanOut/shared`, { method: 'POST', body })
  await waitFor(() => (scene.model.stats().requests >= 20 ? true : undefined))
  await first.stop('SIGKILL')
  const ended = await createFlowClient(second).end('shared')
  expect(ended.runtimeStatus).toBe('Completed')
  expect(ended.output).toMatchObject(messages.map((id) => ({ text: `Tools: ${id} by work` })))
})
