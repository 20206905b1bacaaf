import { afterAll, beforeAll, expect, test } from 'vitest'
import { toAgentUrl } from '../support/a2a-client.js'
import type { AgentApi } from '../support/api.js'
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

test('answers, streams, and goes on with the conversation', async () => {
  const reader = await api.stream({ message: 'Do a', sessionId: 's' })
  expect(toStreamedText(await reader.end())).toBe('Tools: a by work')
  const { body } = await api.run({ message: 'And now?', sessionId: 's' })
  expect(body).toMatchObject({ response: 'You said: And now?', status: 'success', message_count: 2 })
  console.log(JSON.stringify(body.usage), (await remote.api.as('desk').call('/agents/Assistant')).text)
})
test('is a tool of another agent', async () => {
  const { body } = await local.agent('Desk').run('Have a done')
  console.log(JSON.stringify(body))
})
test('asks', async () => {
  const { body, status } = await api.run({ message: 'Refund order 7', sessionId: 'refund' })
  console.log(status, JSON.stringify(body))
})
