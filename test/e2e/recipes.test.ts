import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { TestBed } from '../support/start-app.js'
import { startStorageApp } from '../support/storage-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

async function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

test('1 hello agent: its file, run by itself, says what came of it', async () => {
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['dist/samples/recipes/01-hello-agent.js'], {
    env: { PATH: process.env.PATH },
  })
  expect(stdout).toContain('Before that you said: "My favourite colour is teal."')
})

test('17 HTTP service: a session goes on from call to call and over a restart, and what is no message is refused', async () => {
  const folder = await bed.createFolder()
  const start = () =>
    bed.startApp({
      entry: 'samples/recipes/17-http-service.ts',
      env: { CONVERSATIONS_PATH: join(folder, 'conversations') },
    })
  const first = await start()
  const chat = (url: string, message: string) => post(`${url}/api/chat`, { message, session_id: 'ann' })
  expect((await chat(first.url, 'My order is #4421.')).status).toBe(200)
  expect((await chat(first.url, ' ')).status).toBe(400)
  await first.stop()
  const second = await start()
  const answer = await chat(second.url, 'What is my order?')
  expect(await answer.json()).toEqual({ reply: expect.stringContaining('4421') })
  const refused = await post(`${second.url}/api/chat`, { message: 'Hi', session_id: '../escape' })
  const empty = await post(`${second.url}/api/chat`, undefined)
  expect([refused.status, empty.status]).toEqual([400, 400])
})

test('18 queue trigger: a message of the queue is a run of the agent, under its own id', async () => {
  const entry = 'samples/recipes/18-queue-trigger.ts'
  const { app, send } = await startStorageApp(bed, { entry, agent: 'Planner' })
  const id = await send('agent-tasks', 'Clean up the archive')
  await app.waitForOutput(/Plan: .*Clean up the archive/, 20_000)
  expect((await app.api.outcome(`queue-${id}`, id)).body.status).toBe('success')
})

test('19 SSE endpoint: the text comes as events, and the last one tells how it ended', async () => {
  const app = await bed.startApp({ entry: 'samples/recipes/19-sse-endpoint.ts' })
  const response = await post(`${app.url}/api/chat/stream`, { message: 'Say something about the sea' })
  expect((await post(`${app.url}/api/chat/stream`, undefined)).status).toBe(400)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const text = await response.text()
  const events = text
    .split('\n\n')
    .flatMap((event) => (event === '' ? [] : JSON.parse(event.slice('data: '.length))))
  expect(events.length).toBeGreaterThan(1)
  expect(events.at(-1)).toEqual({ done: true, finishReason: 'stop' })
  expect(events.slice(0, -1).every(({ text }) => typeof text === 'string')).toBe(true)
})
