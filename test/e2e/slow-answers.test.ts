import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

// Longer than connections that are not in use are kept open, by Node's HTTP servers (5 s) and clients (4 s) alike.
const delayMs = 5500

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.add('Think for long', { text: 'Thought', delayMs })
  // Whatever is connected behind the host is connected now.
  await scene.api.run({ message: 'Hello', sessionId: 'warm' })
})

test.concurrent('a caller who waits for longer than idle connections live gets the answer', async () => {
  const { status, body } = await scene.api.run({ message: 'Think for long', sessionId: 'wait' })
  expect([status, body.response]).toEqual([200, 'Thought'])
})

test.concurrent('a stream that is silent for longer than idle connections live goes on', async () => {
  const stream = await scene.api.stream({ message: 'Think for long', sessionId: 'stream' })
  const events = await stream.end()
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { response: 'Thought' } })
})
