import { randomUUID } from 'node:crypto'
import { TaskState } from '@a2a-js/sdk'
import type { Client } from '@a2a-js/sdk/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createA2aClient,
  createLegacyClient,
  says,
  toAgentUrl,
  toAnswer,
  toPartText,
  toStreamed,
  toTask,
} from '../support/a2a-client.js'
import { collect } from '../support/openai-client.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene
let client: Client

beforeAll(async () => {
  scene = await RunScene.set(bed, { entry: 'test/fixtures/apps/e2e-a2a/app.js' })
  client = await createA2aClient(scene.host)
  scene.book.add('Do a', { text: 'One moment', toolCalls: [call('work', { id: 'a' })] })
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

test('try', async () => {
  const task = toTask(await client.sendMessage(says('Do a')))
  console.log(JSON.stringify(task, null, 1), toAnswer(task))
  const frames = await collect(client.sendMessageStream(says('Do a', { contextId: task.contextId })))
  for (const f of frames) console.log(JSON.stringify(f))
  const legacy = await createLegacyClient(scene.host)
  for (const f of await collect(legacy.sendMessageStream(says('Do a')))) console.log(JSON.stringify(f))
  const asked = toTask(await client.sendMessage(says('Refund order 7')))
  console.log(JSON.stringify(asked.status))
  const done = toTask(await client.sendMessage(says('yes', { taskId: asked.id })))
  console.log(JSON.stringify(done))
  console.log(JSON.stringify(await client.listTasks({tenant: '', contextId: '', status: 0, pageToken: '', pageSize: 2} as any)))
  console.log(await (await fetch(toAgentUrl(scene.host) + '.well-known/agent-card.json')).text())
})
